/* unwind_test.c - stacks of code without frame pointers (this file is built at -O2), on a
 * realigned frame, through a signal handler, on an alternate stack and in a coroutine:
 * never a crash, the right functions where the stack can be followed. */
#define _GNU_SOURCE
#include "harness.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

static Report report;

VISIBLE void misuses(void)
{
    int local;
    spaces_free(opaque(&local));
    STAY();
}

static void expect_frames(const char *const *names)
{
    report_expect_one(&report, "invalid-free");
    assert_true(report_starts_in(&report, "detected", names[0]));
    for (; *names; names++)
        assert_shows(&report, "detected", *names);
}

/* ---- plain code ------------------------------------------------------------------- */

VISIBLE int deep(int n, volatile int *sink);
static int (*volatile deeper)(int, volatile int *) = deep; /* called, not unrolled */

int deep(int n, volatile int *sink)
{
    if (n)
        *sink += deeper(n - 1, sink);
    else
        misuses();
    STAY();
    return n;
}

static void test_recursion(void **state)
{
    (void)state;
    volatile int sink = 0;
    deep(6, &sink);
    expect_frames((const char *const[]){"misuses", "deep", "_start", NULL});
    uint64_t frames[64];
    int count = report_frames(&report, "detected", frames, 64);
    assert_true(count >= 1 + 7 + 2);
    int same = 0; /* six of the seven calls of deep come from one place */
    for (int i = 2; i < count; i++)
        same += frames[i] == frames[2];
    assert_int_equal(same, 6);
}

static void test_stack_deeper_than_kept(void **state)
{
    (void)state;
    volatile int sink = 0;
    deep(5000, &sink);
    report_expect_one(&report, "invalid-free");
    uint64_t frames[64];
    assert_int_equal(report_frames(&report, "detected", frames, 64), SPACES_MAX_CALL_STACK);
    assert_true(report_starts_in(&report, "detected", "misuses"));
}

VISIBLE void has_big_frame(size_t n)
{
    char bytes[n];
    memset(bytes, 1, n);
    opaque(bytes);
    misuses();
    opaque(bytes);
}

VISIBLE void has_realigned_frame(void)
{
    char bytes[256] __attribute__((aligned(128)));
    memset(bytes, 1, sizeof bytes);
    assert_int_equal((uintptr_t)opaque(bytes) % 128, 0);
    misuses();
    opaque(bytes);
}

VISIBLE void calls_all_kinds(void)
{
    has_big_frame(opaque_size(100000));
    STAY();
}

static void test_odd_frames(void **state)
{
    (void)state;
    calls_all_kinds();
    expect_frames(
        (const char *const[]){"misuses", "has_big_frame", "calls_all_kinds", "_start", NULL});
    has_realigned_frame();
    expect_frames((const char *const[]){"misuses", "has_realigned_frame", "_start", NULL});
}

/* ---- other stacks ------------------------------------------------------------------- */

VISIBLE void *in_a_thread(void *unused)
{
    misuses();
    STAY();
    return unused;
}

static void test_thread(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, in_a_thread, NULL);
    pthread_join(thread, NULL);
    expect_frames((const char *const[]){"misuses", "in_a_thread", NULL});
}

VISIBLE void handles(int signal)
{
    (void)signal;
    misuses();
    STAY();
}

VISIBLE void is_interrupted(void)
{
    raise(SIGUSR1);
    STAY();
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = handles, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
}

static void test_signal_handler(void **state)
{
    (void)state;
    handle(0);
    is_interrupted();
    expect_frames((const char *const[]){"misuses", "handles", "is_interrupted", "_start", NULL});
}

static void test_alternate_stack(void **state)
{
    (void)state;
    stack_t other = {.ss_sp = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                     .ss_size = 1 << 18},
            before;
    sigaltstack(&other, &before);
    handle(SA_ONSTACK);
    is_interrupted();
    expect_frames((const char *const[]){"misuses", "handles", "is_interrupted", "_start", NULL});
    sigaltstack(&before, NULL);
    munmap(other.ss_sp, other.ss_size);
    misuses();
    report_expect_one(&report, "invalid-free");
}

static ucontext_t outside, inside;

VISIBLE void is_a_coroutine(void)
{
    for (int i = 0; i < 3; i++) {
        misuses();
        swapcontext(&inside, &outside);
    }
}

/* A stack that ends at a page which must not be touched, at every position in its last page. */
static void test_coroutine(void **state)
{
    (void)state;
    size_t size = 1 << 17;
    char *stack =
        mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(mprotect(stack + size, 4096, PROT_NONE), 0);
    for (size_t less = 0; less < 4096; less += 208) {
        getcontext(&inside);
        inside.uc_stack.ss_sp = stack;
        inside.uc_stack.ss_size = size - less;
        inside.uc_link = &outside;
        makecontext(&inside, is_a_coroutine, 0);
        for (int i = 0; i < 3; i++) {
            swapcontext(&outside, &inside);
            report_expect_one(&report, "invalid-free");
            assert_true(report_starts_in(&report, "detected", "misuses"));
        }
    }
    munmap(stack, size + 4096);
}

static void *on_a_small_stack(void *unused)
{
    free(malloc(100));
    int local;
    spaces_free(opaque(&local));
    return unused;
}

static void test_small_thread_stack(void **state)
{
    (void)state;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, &attributes, on_a_small_stack, NULL), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(reports_take(&report, 1), 20);
    pthread_attr_destroy(&attributes);
}

/* libc's lock of the thread is held while this allocates, the thread's first allocation. */
static void *asks_for_its_stack(void *unused)
{
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes))
        return "refused";
    pthread_attr_destroy(&attributes);
    return unused;
}

static int asks_in_threads(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        void *wrong = NULL;
        if (pthread_create(&thread, NULL, asks_for_its_stack, NULL) ||
            pthread_join(thread, &wrong) || wrong)
            return 1;
    }
    return 0;
}

static void test_thread_that_asks_for_its_stack(void **state)
{
    (void)state;
    Ended ended;
    run_child(asks_in_threads, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 0);
}

/* Frames of several pages each, down to a megabyte, with an allocation in each. */
VISIBLE int deep_in_pages(int n)
{
    volatile char pages[12000];
    pages[0] = pages[sizeof pages - 1] = (char)n;
    free(opaque(malloc(20)));
    if (!n)
        misuses();
    int sum = n ? deep_in_pages(n - 1) : 0;
    STAY();
    return sum + pages[0];
}

static void *goes_deep(void *unused)
{
    deep_in_pages(90);
    return unused;
}

static void test_thread_deep_in_its_stack(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, goes_deep, NULL), 0);
    pthread_join(thread, NULL);
    expect_frames((const char *const[]){"misuses", "deep_in_pages", NULL});
    uint64_t frames[64];
    assert_true(report_frames(&report, "detected", frames, 64) >= 20);
}

/* A handler that interrupts the allocator itself, as often as may be. */
static volatile sig_atomic_t ticks;
static void tick(int signal)
{
    (void)signal;
    ticks++;
}

static void test_interrupted_allocator(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    struct itimerspec often = {{0, 200000}, {0, 200000}};
    timer_settime(timer, 0, &often, NULL);
    uint64_t random = 3;
    for (int i = 0; ticks < 200 && i < 50000000; i++)
        free(malloc(random_next(&random) % 2000));
    timer_delete(timer);
    assert_true(ticks >= 200);
    report_expect_none();
}

/* ---- the same place again, from elsewhere --------------------------------------------- */

/* A walk down through functions of all shapes, each called from two places. What was remembered
 * of one walk must never be told of another, though leaf and depth are often the same. */
typedef struct Descent {
    uint64_t random;
    const char *names[16]; /* of the functions on the stack, outermost first */
    int depth;
    void *block;
} Descent;

VISIBLE void descends(Descent *d, int levels);

VISIBLE void allocates_there(Descent *d)
{
    d->names[d->depth++] = __func__;
    d->block = spaces_malloc(opaque_size(24));
    STAY();
}

VISIBLE void goes_plainly(Descent *d, int levels)
{
    d->names[d->depth++] = __func__;
    if (random_next(&d->random) % 2)
        descends(d, levels);
    else
        descends(d, opaque_size(levels));
    STAY();
}

VISIBLE void goes_on_a_big_frame(Descent *d, int levels)
{
    d->names[d->depth++] = __func__;
    char bytes[16 + random_next(&d->random) % 4 * 32];
    opaque(bytes);
    if (random_next(&d->random) % 2)
        descends(d, levels);
    else
        descends(d, opaque_size(levels));
    opaque(bytes);
}

VISIBLE void goes_on_a_realigned_frame(Descent *d, int levels)
{
    d->names[d->depth++] = __func__;
    char bytes[64] __attribute__((aligned(64)));
    opaque(bytes);
    descends(d, levels);
    opaque(bytes);
}

void descends(Descent *d, int levels)
{
    static void (*const ways[])(Descent *, int) = {goes_plainly, goes_on_a_big_frame,
                                                   goes_on_a_realigned_frame};
    d->names[d->depth++] = __func__;
    if (levels)
        ways[random_next(&d->random) % 3](d, levels - 1);
    else
        allocates_there(d);
    STAY();
}

static void test_other_ways_to_one_place(void **state)
{
    (void)state;
    if (!is_debug_build())
        skip();
    Descent d = {.random = 11};
    for (int i = 0; i < 2000; i++) {
        d.depth = 0;
        descends(&d, 1 + i % 4);
        spaces_free(d.block);
        if (i % 5)
            continue;
        spaces_free(opaque(d.block));
        report_expect_one(&report, "double-free");
        uint64_t frames[64];
        int count = report_frames(&report, "allocated", frames, 64);
        assert_true(count >= d.depth);
        for (int j = 0; j < d.depth; j++) {
            Dl_info info;
            assert_true(dladdr((void *)(uintptr_t)(frames[j] - 1), &info) && info.dli_sname);
            assert_string_equal(info.dli_sname, d.names[d.depth - 1 - j]);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_other_ways_to_one_place, fresh),
    cmocka_unit_test_setup(test_recursion, fresh),
    cmocka_unit_test_setup(test_stack_deeper_than_kept, fresh),
    cmocka_unit_test_setup(test_odd_frames, fresh),
    cmocka_unit_test_setup(test_thread, fresh),
    cmocka_unit_test_setup(test_signal_handler, fresh),
    cmocka_unit_test_setup(test_alternate_stack, fresh),
    cmocka_unit_test_setup(test_coroutine, fresh),
    cmocka_unit_test_setup(test_small_thread_stack, fresh),
    cmocka_unit_test_setup(test_thread_that_asks_for_its_stack, fresh),
    cmocka_unit_test_setup(test_thread_deep_in_its_stack, fresh),
    cmocka_unit_test_setup(test_interrupted_allocator, fresh),
};

SUITE_MAIN(tests, NULL)
