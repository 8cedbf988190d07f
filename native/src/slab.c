/* slab.c - see slab.h. */
#include "slab.h"

#include "chunk.h"
#include "classes.h"
#include "heap_mixed.h"
#include "meta.h"
#include "root.h"

SpSlab sp_no_slab = {.free = SP_LINK_END, .remote = SP_REMOTE_EMPTY, .shift = 0};

static uint32_t no_block = SP_LINK_END;
SpSlab sp_no_room = {.base = (char *)&no_block, .key = 0x10000u};

bool sp_slab_format(SpSlab *slab, SpHeap *heap, unsigned bin, uint32_t block_size)
{
    uint64_t run = (uint64_t)slab->slabs << SP_SLAB_SHIFT;
    bool small = slab->slabs == 1;
    slab->base = sp_slab_address(slab);
    slab->block_size = block_size;
    slab->capacity = (uint32_t)(run / block_size);
    slab->shift = small ? 0 : 4;
    slab->records = NULL;
    if (SP_DEBUG) {
        slab->records = sp_meta_alloc(slab->capacity * sizeof(SpRecord));
        if (!slab->records)
            return false;
    }
    slab->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + block_size - 1) / block_size);
    uint32_t key = (uint32_t)sp_mix((uintptr_t)slab ^ spaces_heap_root.cookie);
    slab->key = !SP_CHECKED ? 0 : key >> 16 ? key : key | 0x10000u;
    slab->free = SP_LINK_END;
    slab->bin = (uint8_t)bin;
    slab->flags = bin == SP_BIN_FIXED ? SP_SLAB_FIXED : 0;
    slab->page_shift = sp_chunk_page_shift(heap->chunk);
    slab->state = SP_STATE_NONE;
    slab->used = 0;
    slab->carved = 0;
    slab->bytes = 0;
    slab->next = slab->prev = slab->pending_next = NULL;
    slab->head_delta = 0;
    slab->heap = heap;
    sp_store(&slab->fast_owner, 0);
    sp_store(&slab->remote, SP_REMOTE_EMPTY);
    sp_store_release(&slab->kind, small ? SP_SLAB_SMALL : SP_SLAB_SPAN);
    return true;
}

void sp_slab_unformat(SpSlab *slab)
{
    uint8_t kind = slab->kind;
    sp_store(&slab->fast_owner, 0);
    /* First of all: whoever looks from outside is not to follow what is given up now. */
    sp_store_release(&slab->kind, SP_SLAB_UNUSED);
    if (kind == SP_SLAB_MIXED)
        sp_mixed_unformat(slab);
    if (slab->records) {
        sp_meta_free(slab->records, slab->capacity * sizeof(SpRecord));
        slab->records = NULL;
    }
    slab->state = SP_STATE_NONE;
}

uint32_t sp_slab_carve(SpSlab *slab, uint32_t count)
{
    if (count > slab->capacity - slab->carved)
        count = slab->capacity - slab->carved;
    uint32_t next = slab->free;
    for (uint32_t i = slab->carved + count; i-- > slab->carved;) {
        char *block = slab->base + (uint64_t)i * slab->block_size;
        sp_store_folded(sp_link_at(block), next ^ slab->key);
        next = sp_slab_link(slab, block);
    }
    sp_store_folded(&slab->free, (uint16_t)next);
    uint64_t pages = sp_round_up((uint64_t)(slab->carved + count) * slab->block_size, 4096) / 4096;
    if (slab->slabs == 1 && pages > slab->touched)
        slab->touched = (uint16_t)pages;
    sp_store(&slab->carved, slab->carved + count);
    return count;
}

bool sp_slab_push_remote(SpSlab *slab, uint32_t head, uint32_t tail, uint32_t count)
{
    uint32_t *last = sp_link_at(sp_slab_block(slab, tail));
    uint64_t old = sp_load(&slab->remote), word;
    do {
        sp_store(last, SP_REMOTE_HEAD(old) ^ slab->key);
        word = head | ((uint64_t)(SP_REMOTE_COUNT(old) + count) << SP_REMOTE_COUNT_SHIFT);
    } while (!sp_cas(&slab->remote, &old, word));
    return (old & SP_REMOTE_FULL) != 0;
}

bool sp_slab_collect(SpSlab *slab)
{
    uint64_t word = sp_load(&slab->remote);
    if (SP_REMOTE_HEAD(word) == SP_LINK_END)
        return false;
    word = sp_exchange(&slab->remote, SP_REMOTE_EMPTY);
    uint32_t count = SP_REMOTE_COUNT(word), head = SP_REMOTE_HEAD(word);
    if (slab->free != SP_LINK_END) {
        char *tail = sp_slab_block(slab, head);
        for (uint32_t i = 1; i < count; i++) {
            uint32_t next = *sp_link_at(tail) ^ slab->key;
            if (!sp_link_plausible(next) || next == SP_LINK_END)
                break; /* overwritten since: what follows is lost, not followed */
            tail = sp_slab_block(slab, next);
        }
        sp_store_folded(sp_link_at(tail), slab->free ^ slab->key);
    }
    sp_store_folded(&slab->free, (uint16_t)head);
    sp_store_folded(&slab->used, slab->used - count);
    return true;
}

bool sp_slab_declare_full(SpSlab *slab)
{
    /* Somebody is about to put it on the pending list already; once is enough. */
    if (slab->flags & SP_SLAB_NOTICE)
        return !sp_slab_collect(slab);
    uint64_t expected = SP_REMOTE_EMPTY;
    if (__atomic_compare_exchange_n(&slab->remote, &expected, SP_REMOTE_EMPTY | SP_REMOTE_FULL,
                                    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return true;
    sp_slab_collect(slab);
    return false;
}

bool sp_slab_withdraw_full(SpSlab *slab)
{
    uint64_t expected = SP_REMOTE_EMPTY | SP_REMOTE_FULL;
    if (__atomic_compare_exchange_n(&slab->remote, &expected, SP_REMOTE_EMPTY, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return true;
    sp_store(&slab->flags, (uint8_t)(slab->flags | SP_SLAB_NOTICE));
    return false;
}

static bool on_list(const SpSlab *slab, uint32_t link, const void *block)
{
    for (uint32_t i = 0; i < slab->capacity && link != SP_LINK_END; i++) {
        const char *at = sp_slab_block(slab, link);
        if (at == block)
            return true;
        if (at >= slab->base + ((uint64_t)slab->slabs << SP_SLAB_SHIFT))
            return false;
        link = sp_load(sp_link_at(at)) ^ slab->key;
        if (!sp_link_plausible(link))
            return false;
    }
    return false;
}

bool sp_slab_is_free(const SpSlab *slab, const void *block)
{
    return on_list(slab, sp_load(&slab->free), block) ||
           on_list(slab, SP_REMOTE_HEAD(sp_load_acquire(&slab->remote)), block);
}
