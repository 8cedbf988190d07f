/* meta.c - see meta.h. Bump allocation from 4 MiB regions, freed pieces on one
 * list a size. */
#include "meta.h"

#include <string.h>

#include "lock.h"
#include "root.h"
#include "segment.h"

#define REGION    SP_SEGMENT_SIZE
#define MIN_SHIFT 6

typedef struct Piece {
    struct Piece *next;
} Piece;

static uint32_t meta_lock;
static char *region, *region_end;
static Piece *free_pieces[48];

static unsigned shift_of(size_t bytes)
{
    return bytes <= (1u << MIN_SHIFT) ? MIN_SHIFT : sp_log2(bytes - 1) + 1;
}

/* Pages of ours, entered in the segment map. */
static char *map_region(size_t bytes)
{
    bytes = sp_round_up(bytes, REGION);
    char *pages = sp_os_map(bytes, REGION);
    if (pages)
        for (size_t at = 0; at < bytes; at += REGION)
            sp_store_release(&sp_segment_map[(uintptr_t)(pages + at) >> SP_SEGMENT_SHIFT],
                             SP_MAP_META);
    return pages;
}

void *sp_meta_alloc(size_t bytes)
{
    unsigned shift = shift_of(bytes);
    size_t size = (size_t)1 << shift;
    char *piece = NULL;
    bool fresh = true;
    sp_lock(&meta_lock);
    if (free_pieces[shift]) {
        piece = (char *)free_pieces[shift];
        free_pieces[shift] = free_pieces[shift]->next;
        fresh = false;
    } else if (size > REGION / 4) {
        piece = map_region(size);
    } else {
        if ((size_t)(region_end - region) < size) {
            char *more = map_region(REGION);
            if (more) {
                region = more;
                region_end = more + REGION;
            }
        }
        if ((size_t)(region_end - region) >= size) {
            piece = region;
            region += size;
        }
    }
    if (piece && fresh)
        sp_add(&spaces_heap_root.heap_total, size);
    sp_unlock(&meta_lock);
    if (piece && !fresh) {
        if (size > REGION / 4)
            sp_os_discard(piece, size);
        else
            memset(piece, 0, bytes);
    }
    return piece;
}

bool sp_meta_owns(const void *address)
{
    uintptr_t p = (uintptr_t)address;
    return !(p >> SP_ADDRESS_BITS) &&
           sp_load_acquire(&sp_segment_map[p >> SP_SEGMENT_SHIFT]) == SP_MAP_META;
}

void sp_meta_free(void *piece, size_t bytes)
{
    unsigned shift = shift_of(bytes);
    Piece *p = piece;
    sp_lock(&meta_lock);
    p->next = free_pieces[shift];
    free_pieces[shift] = p;
    sp_unlock(&meta_lock);
}

void sp_meta_fork_lock(void)
{
    sp_lock(&meta_lock);
}

void sp_meta_fork(bool child)
{
    if (child)
        meta_lock = 0;
    else
        sp_unlock(&meta_lock);
}
