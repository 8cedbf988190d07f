/* codes.h - one error as the handler must be told of it: every field of SpacesErrorInfo, those
 * that the misuse determines and those that say where and when. */
#ifndef SPACES_TEST_CODES_H
#define SPACES_TEST_CODES_H

#include <unistd.h>

#include "harness.h"

/* Where, in the function that makes the error. */
static inline bool lies_in(const void *address, const void *function)
{
    return (uintptr_t)address - (uintptr_t)function < 16384;
}

static inline void expect_place(const void *function)
{
    const SpacesErrorInfo *info = &told.info;
    assert_int_equal(info->pid, getpid());
    assert_int_equal(info->threadID, gettid());
    assert_int_equal(info->checkpoint, spaces_heap_root.report_count);
    assert_null(info->file);
    assert_int_equal(info->line, 0);
    if (!lies_in(info->callStack[0], function))
        fail_msg("the call stack starts at %p, not in the test at %p", info->callStack[0],
                 function);
    assert_non_null(info->callStack[1]);
}

/* What the debug build knows about the block, or, where there is none, the chunk: both are made by
 * the test. The fast build keeps no such thing. */
static inline void expect_creation(const void *function)
{
    const SpacesErrorInfo *info = &told.info;
    if (!is_debug_build()) {
        assert_null(info->objectCreationInfo);
        assert_int_equal(info->allocCount, 0);
        assert_int_equal(info->passCount, 0);
        return;
    }
    assert_true(info->allocCount > 0 && info->allocCount <= spaces_heap_root.sequence);
    if (!info->chunk)
        return;
    assert_non_null(info->objectCreationInfo);
    assert_ptr_equal(told.creation.chunk, info->chunk);
    assert_int_equal(told.creation.pid, getpid());
    if (told.creation.allocCount) { /* a block's */
        assert_int_equal(told.creation.allocCount, info->allocCount);
        assert_int_equal(told.creation.threadID, gettid());
        assert_true(info->passCount > 0);
        assert_true(lies_in(told.creation.callStack[0], function));
    } else {
        assert_non_null(told.creation.callStack[0]);
    }
}

/* Fail unless exactly one error was told since the last call, this one, from `function`. */
#define EXPECT_TOLD(function, ...)                                       \
    expect_told((const void *)(uintptr_t)(function), __FILE__, __LINE__, \
                &(SpacesErrorInfo){.errorCode = __VA_ARGS__})

static inline void expect_told(const void *function, const char *file, int line,
                               const SpacesErrorInfo *want)
{
    const SpacesErrorInfo *info = &told.info;
    if (told.count != 1 || info->errorCode != want->errorCode)
        fail_msg("%s:%d: %d errors told, the last one %d; expected one, %d", file, line, told.count,
                 info->errorCode, want->errorCode);
#define SAME(field)                                                   \
    if ((uintptr_t)info->field != (uintptr_t)want->field)             \
    fail_msg("%s:%d: %s is %#lx instead of %#lx", file, line, #field, \
             (unsigned long)(uintptr_t)info->field, (unsigned long)(uintptr_t)want->field)
    SAME(chunk);
    SAME(argChunk);
    SAME(argPtr);
    SAME(argBuf);
    SAME(argSize);
    SAME(argCount);
    SAME(argFlags);
    SAME(errorAlloc);
    SAME(corruptAddr);
#undef SAME
    expect_place(function);
    told_reset();
    reports_drop();
}

#endif
