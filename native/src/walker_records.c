/* walker_records.c - the debug build: each block's record, out of the block's
 * reach, says what the block is. */
#include "walker_parts.h"

/* Index of a block's record in the slab's. */
static uint64_t record_index(const SpDecoder *d, uint32_t index)
{
    return sp_walk_is_mixed(d) ? SP_MIXED_RECORD((uint64_t)index << d->mixed.shift) : index;
}

uint64_t sp_walk_requested(const SpDecoder *d, const SpRecord *record)
{
    return sp_walk_is_large(d) ? record->requested | (uint64_t)d->slab.reciprocal << 32
                               : record->requested;
}

bool sp_walk_record_fits(const SpDecoder *d, const SpRecord *record, uint64_t address,
                         uint64_t span)
{
    uint64_t front = (uint64_t)record->front << 4, offset = address - sp_walk_base(d);
    if (sp_walk_is_mixed(d) && SP_FAMILY_PHASE(record->family) != offset / 8 % 6)
        return false; /* another block's, that started close by */
    uint64_t zone = d->slab.flags & SP_SLAB_GUARDED ? 0 : SP_REDZONE;
    return front >= zone && span >= front + zone &&
           sp_walk_requested(d, record) <= span - front - zone;
}

SpRecord sp_walk_record(const SpDecoder *d, uint32_t index)
{
    SpRecord record;
    memcpy(&record, &d->records[record_index(d, index) - d->first_record], sizeof record);
    return record;
}

void sp_walk_tell(const SpDecoder *d, const SpRecord *record, SpBlock *out)
{
    out->state = record->state;
    out->in_use = record->state == SP_RECORD_LIVE;
    out->requested = 0;
    if (record->state == SP_RECORD_NEVER)
        return;
    out->sequence = SP_SEQUENCE_NUMBER(record->sequence);
    if (record->family & SP_FAMILY_SHARED)
        out->process = SP_SEQUENCE_UPPER(record->sequence);
    else
        out->pass = SP_SEQUENCE_UPPER(record->sequence);
    out->thread = record->alloc_thread;
    out->free_thread = record->free_thread;
    out->alloc_stack = record->alloc_stack;
    out->free_stack = record->free_stack;
    out->family = SP_FAMILY_OF(record->family);
    if (sp_walk_record_fits(d, record, out->address, out->span)) {
        out->user = out->address + ((uint64_t)record->front << 4);
        out->size = out->requested = sp_walk_requested(d, record);
        out->fits = true;
    }
}

bool sp_walk_fetch_records(SpDecoder *d, SpMemory *memory, SpDecodeResult *result)
{
    uint64_t at = (uint64_t)(uintptr_t)d->slab.records;
    d->first_record = record_index(d, d->first);
    size_t length = d->end > d->first
                        ? (record_index(d, d->end - 1) + 1 - d->first_record) * sizeof(SpRecord)
                        : 0;
    *result = SP_DECODE_OK;
    if (!length || !at) /* just being given up with its slab: nothing is known any more */
        return false;
    uint64_t skip = d->first_record * sizeof(SpRecord);
    if (at % sizeof(uint64_t) || at >= SP_ADDRESS_END || SP_ADDRESS_END - at <= skip + length) {
        sp_walk_header_flaw(d, offsetof(SpSlab, records),
                            "the address of the block records is wrong");
        return false;
    }
    d->records = memory->read(memory, at + skip, length);
    if (!d->records)
        *result = SP_DECODE_UNREADABLE;
    return d->records != NULL;
}

SpDecodeResult sp_walk_records(SpDecoder *d, SpMemory *memory)
{
    SpDecodeResult result;
    if (!sp_walk_fetch_records(d, memory, &result)) {
        sp_walk_none(d);
        return result;
    }
    uint64_t span = sp_walk_is_large(d) ? d->slab.bytes : d->slab.block_size;
    d->live = 0;
    d->live_bytes = 0;
    for (uint32_t i = 0; i < d->blocks; i++) {
        const SpRecord *record = &d->records[i];
        if (record->state != SP_RECORD_LIVE)
            continue;
        d->live++;
        d->live_bytes += sp_walk_record_fits(d, record, sp_walk_address(d, i), span)
                             ? sp_walk_requested(d, record)
                             : span;
    }
    return SP_DECODE_OK;
}
