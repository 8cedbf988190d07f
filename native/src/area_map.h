/*
 * area_map.h - which addresses belong to an area: memory that a chunk manages
 * though it is none of our segments (a caller's, a System V segment). Any
 * pointer finds its area here, wherever that lies: in static memory, on a
 * stack, in a mapping, inside a block of another chunk.
 *
 * The segment map's bit SP_MAP_AREA says for each 4 MiB whether it is worth
 * asking. Readers take no lock (a sequence counter tells them that a change
 * came between); changes are made under one.
 */
#ifndef SPACES_AREA_MAP_H
#define SPACES_AREA_MAP_H

#include "base.h"

typedef enum SpAreaAdded {
    SP_AREA_ADDED = 0,
    SP_AREA_OVERLAPS = 1, /* a part of it belongs to another area */
    SP_AREA_NO_MEMORY = 2
} SpAreaAdded;

/* Enter the range of an area, whose header `slab` is. */
SP_HIDDEN SpAreaAdded sp_area_map_add(void *start, uint64_t bytes, SpSlab *slab);
/* Forget the range that an address lies in. */
SP_HIDDEN void sp_area_map_drop(const void *address);

/* Header of the area that an address, any number at all, lies in, or NULL. */
SP_HIDDEN SpSlab *sp_area_map_find(const void *address);
/* The range that an address lies in; false where there is none. */
SP_HIDDEN bool sp_area_map_range(const void *address, char **start, uint64_t *bytes);
/* Whether `bytes` from an address on all lie in one area. */
SP_HIDDEN bool sp_area_map_covers(const void *address, uint64_t bytes);

SP_HIDDEN void sp_area_map_fork_lock(void);
SP_HIDDEN void sp_area_map_fork(bool child);

#endif
