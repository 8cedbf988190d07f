"""The question "how many live blocks, how many bytes" asked through gdb: every slab header and every
block record of the debug build is read by gdb and looked at by its own Python. Prints one line of JSON."""
import json
import struct
import time

import gdb

SEGMENT_SLABS, SLAB_BYTES, RECORD_BYTES, LIVE = 64, 128, 32, 1
SMALL, SPAN, LARGE = 1, 2, 3


def field(kind, name):
    return next(f.bitpos // 8 for f in gdb.lookup_type(kind).strip_typedefs().fields() if f.name == name)


def walk():
    memory = gdb.selected_inferior()
    root = gdb.parse_and_eval("spaces_heap_root")
    count, table = int(root["segment_count"]), int(root["segments"])
    first = field("SpSegment", "slabs")
    at = {name: field("SpSlab", name) for name in ("kind", "carved", "records", "reciprocal")}
    blocks = total = 0
    for i in range(count):
        segment = int.from_bytes(memory.read_memory(table + 8 * i, 8).tobytes(), "little")
        if not segment:
            continue
        headers = memory.read_memory(segment + first, SEGMENT_SLABS * SLAB_BYTES).tobytes()
        for slab in range(1, SEGMENT_SLABS):
            base = slab * SLAB_BYTES
            if headers[base + at["kind"]] not in (SMALL, SPAN, LARGE):
                continue
            carved = struct.unpack_from("<I", headers, base + at["carved"])[0]
            records = struct.unpack_from("<Q", headers, base + at["records"])[0]
            if not carved or not records:
                continue
            upper = 0
            if headers[base + at["kind"]] == LARGE:
                carved, upper = 1, struct.unpack_from("<I", headers, base + at["reciprocal"])[0] << 32
            raw = memory.read_memory(records, carved * RECORD_BYTES).tobytes()
            for record in range(0, len(raw), RECORD_BYTES):
                if raw[record + 30] == LIVE:
                    blocks += 1
                    total += struct.unpack_from("<I", raw, record + 24)[0] | upper
    return blocks, total


start = time.monotonic()
blocks, total = walk()
print(json.dumps({"seconds": time.monotonic() - start, "blocks": blocks, "bytes": total}))
