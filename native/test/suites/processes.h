/* processes.h - what the suites of shared chunks have in common: a shared chunk of the
 * suite's own key, and other processes that carry out orders on it. An order travels as the
 * address of a function, which a forked process has at the same place; blocks travel as
 * offsets from the segment's start. */
#ifndef SPACES_TEST_PROCESSES_H
#define SPACES_TEST_PROCESSES_H

#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KIB  ((size_t)1024)
#define MIB  (1024 * KIB)
#define SIZE (1 * MIB)

static SpacesChunk shared;

/* A key of this process's own. */
static inline key_t own_key(void)
{
    return (key_t)(0x53500000 + (getpid() & 0xfffff));
}

static inline const char *name_of(key_t key)
{
    return (const char *)(intptr_t)key;
}

static inline bool segment_exists(void)
{
    return shmget(own_key(), 0, 0) >= 0;
}

static inline int with_shared(void **state)
{
    fresh(state);
    shared = spaces_chunk_create_shared(name_of(own_key()), SIZE, 0);
    return shared ? 0 : -1;
}

static inline int without_shared(void **state)
{
    (void)state;
    return spaces_chunk_destroy(shared) && !segment_exists() ? 0 : -1;
}

static inline int nothing_left(void **state)
{
    (void)state;
    return segment_exists() ? -1 : 0;
}

static inline SpShared *header(void)
{
    return chunk_of(shared)->shared;
}

static inline SpMixed *mixed(void)
{
    return chunk_of(shared)->area.mixed;
}

/* ---- another process -------------------------------------------------------------- */

typedef struct Other {
    pid_t pid;
    int orders, answers;
} Other;

/* In the other process: carry out orders until they end. */
typedef intptr_t (*Order)(intptr_t argument);
typedef struct Message {
    Order order;
    intptr_t argument;
} Message;

static inline Other other_start(void)
{
    int orders[2], answers[2];
    assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
    assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
    fflush(NULL);
    Other other = {fork(), orders[1], answers[0]};
    assert_true(other.pid >= 0);
    if (!other.pid) {
        alarm(30);
        close(orders[1]);
        close(answers[0]);
        Message message;
        while (read(orders[0], &message, sizeof message) == sizeof message && message.order) {
            intptr_t answer = message.order(message.argument);
            if (write(answers[1], &answer, sizeof answer) != sizeof answer)
                break;
        }
        _exit(0);
    }
    close(orders[0]);
    close(answers[1]);
    return other;
}

/* One that was there before the segment, and knows nothing of it. */
static inline Other other_stranger(unsigned flags)
{
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    Other other = other_start();
    shared = spaces_chunk_create_shared(name_of(own_key()), SIZE, flags);
    assert_non_null(shared);
    return other;
}

static inline void other_order(const Other *other, Order order, intptr_t argument)
{
    Message message = {order, argument};
    assert_int_equal(write(other->orders, &message, sizeof message), sizeof message);
}

static inline intptr_t other_answer(const Other *other)
{
    intptr_t answer;
    assert_int_equal(read(other->answers, &answer, sizeof answer), sizeof answer);
    return answer;
}

static inline intptr_t other_does(const Other *other, Order order, intptr_t argument)
{
    other_order(other, order, argument);
    return other_answer(other);
}

static inline void other_end(const Other *other, int signal)
{
    if (signal)
        kill(other->pid, signal);
    else
        other_order(other, NULL, 0);
    close(other->orders);
    close(other->answers);
    int status;
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    if (signal)
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    else
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Orders. Blocks travel as offsets from the segment's start. */

static inline intptr_t attaches(intptr_t key)
{
    fresh(NULL);
    shared = spaces_chunk_attach_shared(NULL, name_of((key_t)key));
    return shared ? 0 : told.info.errorCode;
}

static inline intptr_t creates(intptr_t key)
{
    fresh(NULL);
    shared = spaces_chunk_create_shared(name_of((key_t)key), SIZE, 0);
    return shared ? 0 : told.info.errorCode;
}

static inline intptr_t destroys(intptr_t unused)
{
    (void)unused;
    return spaces_chunk_destroy(shared);
}

static inline void *block_at(intptr_t offset)
{
    return (char *)header() + offset;
}

static inline intptr_t offset_of(const void *block)
{
    return (const char *)block - (const char *)header();
}

static inline intptr_t allocates(intptr_t size)
{
    told_reset();
    unsigned char *p = spaces_chunk_alloc(shared, (size_t)size, 0);
    if (!p)
        return -(intptr_t)told.info.errorCode;
    memset(p, (int)size, (size_t)size);
    return offset_of(p);
}

static inline intptr_t frees(intptr_t offset)
{
    told_reset();
    return spaces_chunk_free(block_at(offset)) ? 0 : -(intptr_t)told.info.errorCode;
}

static inline intptr_t counts(intptr_t unused)
{
    (void)unused;
    return (intptr_t)spaces_chunk_count(shared);
}

static inline intptr_t locks(intptr_t unused)
{
    (void)unused;
    return spaces_chunk_lock(shared);
}

static inline intptr_t unlocks(intptr_t unused)
{
    (void)unused;
    return spaces_chunk_unlock(shared);
}

static inline intptr_t sets_ceiling(intptr_t ceiling)
{
    return (intptr_t)spaces_chunk_set_ceiling(shared, (size_t)ceiling);
}

static inline void expect_bytes(intptr_t offset, int value, size_t count)
{
    const unsigned char *p = block_at(offset);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(p[i], value);
}

static inline bool has_answered(const Other *other, int ms)
{
    struct timespec step = {0, 5000000};
    int bytes = 0;
    for (int waited = 0; waited < ms; waited += 5) {
        int flags = fcntl(other->answers, F_GETFL);
        fcntl(other->answers, F_SETFL, flags | O_NONBLOCK);
        intptr_t answer;
        bytes = (int)read(other->answers, &answer, sizeof answer);
        fcntl(other->answers, F_SETFL, flags);
        if (bytes > 0)
            return true;
        nanosleep(&step, NULL);
    }
    return false;
}

#endif
