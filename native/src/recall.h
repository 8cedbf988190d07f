/* recall.h - stacks that a thread had before, by where they began: the id is known again
 * without a walk, as long as each word that the walk read is still there. */
#ifndef SPACES_RECALL_H
#define SPACES_RECALL_H

#include "unwind.h"

/* Id in the depot of the caller's stack; 0 where it must be walked. Reads only words of the
 * calling thread's stack further out than caller->sp. */
SP_HIDDEN uint32_t sp_recall(const SpCaller *caller);
/* Remember a walk that sp_unwind_from just took. */
SP_HIDDEN void sp_recall_keep(const SpCaller *caller, const SpTrail *trail, uint32_t id);
/* What is kept for the calling thread is given up. */
SP_HIDDEN void sp_recall_thread_end(void);

#endif
