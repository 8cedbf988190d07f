/* layout.c - where the heap's structures have their fields, for tests that damage them. */
#include <stdint.h>

#include "../../../../native/src/layout.h"
#include "tell.h"

int main(void)
{
    tell("{\"root\":\"0x0\"");
    tell(",\"rootSize\":%zu,\"chunkSize\":%zu,\"heapSize\":%zu,\"slabSize\":%zu,\"recordSize\":%zu",
         sizeof(SpRoot), sizeof(SpChunk), sizeof(SpHeap), sizeof(SpSlab), sizeof(SpRecord));
    tell(",\"segments\":%zu,\"segmentCount\":%zu,\"chunks\":%zu,\"chunkCount\":%zu",
         offsetof(SpRoot, segments), offsetof(SpRoot, segment_count), offsetof(SpRoot, chunks),
         offsetof(SpRoot, chunk_count));
    tell(",\"slabs\":%zu,\"slabsPerSegment\":%u", offsetof(SpSegment, slabs), SP_SLABS_PER_SEGMENT);
    tell(",\"slabHeap\":%zu,\"slabKind\":%zu,\"slabRecords\":%zu,\"slabBase\":%zu,\"chunkMagic\":%"
         "zu",
         offsetof(SpSlab, heap), offsetof(SpSlab, kind), offsetof(SpSlab, records),
         offsetof(SpSlab, base), offsetof(SpChunk, magic));
    tell_and_wait();
    return 0;
}
