/*
 * mixed_free.h - an SpMixed's free memory: what stands at the start of each stretch,
 * the lists that stretches are on, and what is done where a program wrote there.
 */
#ifndef SPACES_MIXED_FREE_H
#define SPACES_MIXED_FREE_H

#include "base.h"

static inline uint64_t sp_mixed_offset(const SpMixed *m, uint32_t unit)
{
    return (uint64_t)unit << m->shift;
}

static inline SpStretch *sp_mixed_stretch_at(const SpMixed *m, char *base, uint32_t unit)
{
    return (SpStretch *)(base + sp_mixed_offset(m, unit));
}

/* Whether something free starts at a unit. */
SP_HIDDEN bool sp_mixed_is_free(const SpMixed *m, uint32_t unit);

/* Debug build: give units the pattern of freed memory. */
SP_HIDDEN void sp_mixed_fill_freed(const SpMixed *m, char *base, uint32_t from, uint32_t units);
/* Debug build: look for other bytes in units that leave the stretch at `stretch`, and
 * note the first one. */
SP_HIDDEN void sp_mixed_check_freed(const SpMixed *m, const char *base, uint32_t stretch,
                                    uint32_t from, uint32_t units);

/* Make a unit look like a free stretch before its bits say so: nobody is to take it for
 * overwritten. */
SP_HIDDEN void sp_mixed_announce(const SpMixed *m, char *base, uint32_t unit);
/* What stands at its start goes: the stretch becomes part of the one before it. */
SP_HIDDEN void sp_mixed_swallow(const SpMixed *m, char *base, uint32_t unit);

/* The list that so many units belong on. */
SP_HIDDEN uint32_t sp_mixed_list_of(const SpMixed *m, uint32_t units);
/* Say in the maps whether a list is empty. */
SP_HIDDEN void sp_mixed_list_mark(SpMixed *m, uint32_t list);

/* What stands at a stretch's start: false where it was overwritten. */
SP_HIDDEN bool sp_mixed_read_stretch(const SpMixed *m, char *base, uint32_t unit, SpStretch *out);
/* It was: note that, and make the lists anew. */
SP_HIDDEN SP_COLD void sp_mixed_overwritten(SpMixed *m, char *base, uint32_t unit);

/* Put what starts at a unit on its list; its bits say already that it is free. */
SP_HIDDEN void sp_mixed_insert(SpMixed *m, char *base, uint32_t unit, uint32_t units);
/* Take it off: its units, or 0 where something was overwritten and the lists have been
 * made anew. */
SP_HIDDEN uint32_t sp_mixed_unlink(SpMixed *m, char *base, uint32_t unit);

#endif
