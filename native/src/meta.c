/* meta.c - see meta.h. Bump allocation from 1 MiB regions, freed pieces on one
 * list a size. */
#include "meta.h"

#include <string.h>

#include "lock.h"
#include "root.h"

#define REGION (UINT64_C(1) << 20)
#define MIN_SHIFT 6

typedef struct Piece {
    struct Piece *next;
} Piece;

static uint32_t meta_lock;
static char *region, *region_end;
static Piece *free_pieces[48];

static unsigned shift_of(size_t bytes) {
    return bytes <= (1u << MIN_SHIFT) ? MIN_SHIFT : sp_log2(bytes - 1) + 1;
}

void *sp_meta_alloc(size_t bytes) {
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
        piece = sp_os_map(size, 4096);
        if (piece)
            sp_add(&spaces_heap_root.heap_total, size);
    } else {
        if ((size_t)(region_end - region) < size) {
            char *more = sp_os_map(REGION, 4096);
            if (more) {
                sp_add(&spaces_heap_root.heap_total, REGION);
                region = more;
                region_end = more + REGION;
            }
        }
        if ((size_t)(region_end - region) >= size) {
            piece = region;
            region += size;
        }
    }
    sp_unlock(&meta_lock);
    if (piece && !fresh)
        memset(piece, 0, size);
    return piece;
}

void sp_meta_free(void *piece, size_t bytes) {
    unsigned shift = shift_of(bytes);
    Piece *p = piece;
    sp_lock(&meta_lock);
    p->next = free_pieces[shift];
    free_pieces[shift] = p;
    sp_unlock(&meta_lock);
}

void sp_meta_fork_lock(void) { sp_lock(&meta_lock); }

void sp_meta_fork(bool child) {
    if (child)
        meta_lock = 0;
    else
        sp_unlock(&meta_lock);
}
