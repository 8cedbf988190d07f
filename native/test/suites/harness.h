/*
 * harness.h - what every suite of the allocator needs: the reports that the
 * agent writes to its socket, taken in the same process, the errors that reach
 * the handler, children that must end as expected, and a view of the heap's
 * root.
 *
 * A suite's main is SUITE_MAIN(tests): it starts itself again with a report
 * socket in its environment, so that each misuse is seen as a debugger sees it.
 */
#ifndef SPACES_TEST_HARNESS_H
#define SPACES_TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../include/spaces.h"
#include "../../src/layout.h"

extern SpRoot spaces_heap_root;

static inline bool is_debug_build(void)
{
    return spaces_heap_root.debug != 0;
}

/* A function that a stack must show by its name. */
#define VISIBLE __attribute__((noinline, noclone, visibility("default")))
/* Keeps the call before it from becoming a jump, so that its caller stays on the stack. */
#define STAY() __asm__ volatile("" ::: "memory")

/* The same pointer, of which the compiler knows nothing. */
static inline void *opaque(void *pointer)
{
    __asm__ volatile("" : "+r"(pointer)::"memory");
    return pointer;
}
static inline size_t opaque_size(size_t size)
{
    __asm__ volatile("" : "+r"(size)::"memory");
    return size;
}

/* ---- reports ------------------------------------------------------------- */

#define REPORT_MAX 6144
typedef struct Report {
    char json[REPORT_MAX + 1];
} Report;

/* All records that arrived since the last call, hello records left out; at most `max` are kept. */
int reports_take(Report *out, int max);
/* Forget what arrived. */
void reports_drop(void);
/* Fail the test unless exactly one report arrived, of this kind; into *out. */
void report_expect_one(Report *out, const char *kind);
/* Fail the test if any report arrived. */
void report_expect_none(void);

bool report_is(const Report *report, const char *kind);
long long report_number(const Report *report, const char *field);
uint64_t report_address(const Report *report, const char *field);
/* Decoded length of the "bytes" field, at most `max`. */
int report_bytes(const Report *report, uint8_t *out, int max);
int report_frames(const Report *report, const char *field, uint64_t *frames, int max);
/* Whether a frame of a stack ("detected", "allocated", "freed") lies in the function. */
bool report_shows(const Report *report, const char *stack, const char *function);
/* Whether the stack's first frame, innermost, lies in the function. */
bool report_starts_in(const Report *report, const char *stack, const char *function);

#define assert_shows(report, stack, function)                                         \
    do {                                                                              \
        if (!report_shows((report), (stack), (function)))                             \
            fail_msg("%s does not show %s: %s", (stack), (function), (report)->json); \
    } while (0)

/* ---- the handler --------------------------------------------------------- */

typedef struct Told {
    int count;
    SpacesErrorInfo info; /* the last one */
    SpacesErrorInfo creation;
    int answer; /* what the recorder returns */
} Told;
extern Told told;
/* Installed by SUITE_MAIN before the tests. */
int recorder(SpacesErrorInfo *info);
void told_reset(void);
/* Fail unless exactly one error was told since told_reset, with this code. */
void told_expect(SpacesErrorCode code);

/* Setup of a test: recorder installed, nothing told, no report waiting. */
int fresh(void **state);

/* ---- children ------------------------------------------------------------ */

typedef struct Ended {
    bool exited;
    int code; /* exit code, or the signal */
    char output[16384];
    char errors[16384];
} Ended;

/* Run fn in a forked child, which then ends by exit(its result). Bounded: a
 * child that hangs is killed by a signal. */
void run_child(int (*fn)(void *), void *argument, Ended *ended);
/* Run this program again as `program scenario`, with extra NAME=value settings
 * (NULL-terminated; may be NULL). */
void run_self(const char *scenario, const char *const *environment, Ended *ended);
/* Run a command likewise. */
void run_command(const char *const *argv, const char *const *environment, Ended *ended);

/* A scenario of run_self. */
typedef struct Scenario {
    const char *name;
    int (*run)(void);
} Scenario;

int suite_start(int argc, char **argv, const Scenario *scenarios);
/* Path of the shared library that this suite is linked with. */
const char *suite_library(void);

#define SUITE_MAIN(tests, scenarios)                      \
    int main(int argc, char **argv)                       \
    {                                                     \
        int code = suite_start(argc, argv, (scenarios));  \
        if (code >= 0)                                    \
            return code;                                  \
        return cmocka_run_group_tests(tests, NULL, NULL); \
    }

/* ---- the heap ------------------------------------------------------------- */

const SpChunk *chunk_of(SpacesChunk chunk);
/* Debug build: have all freed blocks leave the quarantine, as a failing allocation does. */
void quarantine_let_go(void);
/* Slabs that the chunk's heaps hold, runs counted once. */
size_t chunk_slabs(SpacesChunk chunk);

uint64_t random_next(uint64_t *state);

#endif
