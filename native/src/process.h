/* process.h - the library's life in a process. */
#ifndef SPACES_PROCESS_H
#define SPACES_PROCESS_H

#include "base.h"

/* From now on a fork takes no locks of ours: the program sees to it. */
SP_HIDDEN void sp_process_skip_fork_handlers(void);

#endif
