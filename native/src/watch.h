/*
 * watch.h - blocks that somebody waits for: a debugger that wants to stop at the n-th
 * allocation of a place, or when a block goes. The table is in layout.h; who fills it
 * is told by a call of spaces_on_block. Where no entry is set, all that it costs is
 * one compare.
 */
#ifndef SPACES_WATCH_H
#define SPACES_WATCH_H

#include "../include/spaces.h"
#include "base.h"

SP_EXPORT extern SpWatches spaces_watches;

static inline bool sp_watches_armed(void)
{
    return SP_DEBUG && sp_unlikely(sp_load(&spaces_watches.armed) != 0);
}

/* Something has happened to a block: call spaces_on_block for each watch that means it.
 * No lock is held, and the block is as the program will find it. */
SP_HIDDEN void sp_watch_tell(SpacesBlockEventKind kind, const SpChunk *chunk,
                             const SpRecord *record, void *pointer, uint64_t size);
/* Address of the block that watch i means, as far as it has one; NULL otherwise. */
SP_HIDDEN const void *sp_watch_address(uint32_t i);
/* The process ends: tell of the blocks that never came. */
SP_HIDDEN void sp_watch_end(void);
/* Set watches by the text of SPACES_WATCH; false where that is malformed. */
SP_HIDDEN bool sp_watch_parse(const char *text);

#endif
