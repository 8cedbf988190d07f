/* settings.h - what the SPACES_* environment variables ask for. */
#ifndef SPACES_SETTINGS_H
#define SPACES_SETTINGS_H

#include "base.h"

enum { SP_TRACK_OFF = 0, SP_TRACK_SAMPLED = 1, SP_TRACK_ALL = 2 };

typedef struct SpSettings {
    uint64_t ceiling;     /* of the default chunk; SP_NO_LIMIT none */
    uint64_t heap_limit;  /* SP_NO_LIMIT none */
    uint64_t quarantine;  /* bytes of freed blocks held back (debug build) */
    uint32_t stack_depth; /* frames kept of an allocation's and a free's stack */
    uint32_t track;       /* SP_TRACK_*: which allocations keep their stack (debug build) */
    bool follow;          /* children run under the library too */
    uint64_t follow_wait; /* milliseconds that a process waits for a debugger at its start */
    bool leaks;           /* wait at the end for who looks for leaks */
    bool check_at_exit;   /* validate the heap when the program ends */
    bool abort_on_error;  /* abort after the first report */
    uint64_t guard_limit; /* bytes of address space for guarded blocks (debug build) */
    uint64_t guard_least, guard_most; /* sizes that are guarded */
    uint32_t guard;                   /* SP_GUARD_*: which blocks are guarded */
    bool check_calls;                 /* libc's calls are checked (debug build) */
    bool quiet;                       /* nothing on stderr */
    bool preloaded;                   /* LD_PRELOAD names this library */
    char report_socket[108];
} SpSettings;

SP_HIDDEN extern SpSettings sp_settings;

/* Read the environment; with SPACES_HELP set, list the variables on stderr.
 * Where the library was preloaded and SPACES_FOLLOW is not set, take it and
 * SPACES_* out of the environment, so that children run as they always did. */
SP_HIDDEN void sp_settings_load(char **environment);
/* Put limits in force on the (new) default chunk. */
SP_HIDDEN void sp_settings_apply(SpChunk *chunk);

#endif
