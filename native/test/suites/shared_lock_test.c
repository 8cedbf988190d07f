/* shared_lock_test.c - the lock of shared chunks: whom it keeps out, who has it and dies,
 * what is damaged meanwhile; the table of processes; and that nothing stays behind. */
#define _GNU_SOURCE
#include "processes.h"

/* ---- the lock ------------------------------------------------------------------------------ */

static void test_the_lock_keeps_others_out(void **state)
{
    (void)state;
    Other other = other_start();
    assert_int_equal(spaces_chunk_lock(shared), 1);
    assert_int_equal(spaces_chunk_lock(shared), 1);
    other_order(&other, allocates, 100);
    assert_false(has_answered(&other, 100));
    assert_true(allocates(50) > 0); /* who has it goes on */
    assert_int_equal(spaces_chunk_count(shared), 1);
    assert_int_equal(spaces_chunk_unlock(shared), 1);
    assert_false(has_answered(&other, 50));
    assert_int_equal(spaces_chunk_unlock(shared), 1);
    assert_true(has_answered(&other, 5000));
    assert_int_equal(spaces_chunk_count(shared), 2);
    assert_int_equal(spaces_chunk_unlock(shared), 0);
    told_expect(SPACES_ERR_LOCK);
    other_end(&other, 0);
}

static void test_fork_with_the_lock(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_lock(shared), 1);
    Other other = other_start();
    /* The child has not got it. */
    assert_int_equal(other_does(&other, unlocks, 0), 0);
    other_order(&other, allocates, 100);
    assert_false(has_answered(&other, 100));
    assert_int_equal(spaces_chunk_unlock(shared), 1);
    assert_true(has_answered(&other, 5000));
    other_end(&other, 0);
}

static int ends(void *unused)
{
    (void)unused;
    return 7;
}

/* Its check at exit does not wait for who has the lock and may be stopped. */
static void test_exit_while_another_has_the_lock(void **state)
{
    (void)state;
    Ended ended;
    assert_true(allocates(100) > 0);
    assert_int_equal(spaces_chunk_lock(shared), 1);
    run_child(ends, NULL, &ended);
    assert_true(ended.exited);
    assert_int_equal(ended.code, 7);
    assert_int_equal(spaces_chunk_unlock(shared), 1);
}

static void test_killed_with_the_lock(void **state)
{
    (void)state;
    intptr_t mine = allocates(100);
    for (int round = 0; round < 3; round++) {
        Other other = other_start();
        intptr_t theirs = other_does(&other, allocates, 40);
        assert_int_equal(other_does(&other, locks, 0), 1);
        other_end(&other, SIGKILL);
        told_reset();
        assert_true(allocates(300) > 0);
        assert_int_equal(told.count, 0);
        assert_int_equal(header()->recoveries, round + 1);
        expect_bytes(mine, 100, 100);
        expect_bytes(theirs, 40, 40); /* nobody knows whom it was meant for */
        assert_int_equal(spaces_chunk_count(shared), 1 + 2 * (size_t)(round + 1));
    }
    assert_int_equal(frees(mine), 0);
}

/* It is a step of a walk that takes over the lock of a dead process. */
static void test_walk_takes_the_lock(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        allocates(100);
    Other other = other_start();
    assert_int_equal(other_does(&other, locks, 0), 1);
    other_end(&other, SIGKILL);
    SpacesChunkEntry entry = {.entry = NULL};
    assert_int_equal(header()->recoveries, 0);
    assert_int_equal(spaces_chunk_walk(shared, &entry), SPACES_CHUNK_OK);
    assert_int_equal(header()->recoveries, 1);
    int live = entry.isInUse;
    while (spaces_chunk_walk(shared, &entry) == SPACES_CHUNK_OK)
        live += entry.isInUse;
    assert_int_equal(live, 5);
    assert_int_equal(header()->recoveries, 1);
}

/* The lists are as a death in the middle leaves them: they are made anew. */
static intptr_t scribbles_on_lists(intptr_t unused)
{
    (void)unused;
    for (uint32_t i = 0; i < mixed()->list_count; i++)
        mixed()->lists[i] = i * 7919;
    memset(mixed()->sub_map, 0xa5, sizeof mixed()->sub_map);
    mixed()->level_map = 0x5a5a5a5a;
    mixed()->free_units = mixed()->blocks = 12345;
    return 0;
}

static void test_killed_in_the_middle(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    intptr_t blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        blocks[i] = allocates(100 + i);
    for (int i = 0; i < COUNT; i += 2)
        frees(blocks[i]);
    quarantine_let_go();
    Other other = other_start();
    assert_int_equal(other_does(&other, locks, 0), 1);
    other_does(&other, scribbles_on_lists, 0);
    other_end(&other, SIGKILL);
    assert_int_equal(spaces_chunk_count(shared), COUNT / 2);
    for (int i = 1; i < COUNT; i += 2)
        expect_bytes(blocks[i], 100 + i, (size_t)(100 + i));
    told_reset();
    for (int i = 0; i < 200; i++) {
        assert_true(allocates(50) > 0);
        assert_int_equal(told.count, 0);
    }
    for (int i = 1; i < COUNT; i += 2) {
        expect_bytes(blocks[i], 100 + i, (size_t)(100 + i));
        assert_int_equal(frees(blocks[i]), 0);
    }
    assert_int_equal(spaces_chunk_count(shared), 200);
}

static intptr_t overwrites_structures(intptr_t unused)
{
    (void)unused;
    memset(mixed(), 0x99, 64);
    return 0;
}

static void test_killed_with_the_lock_and_damage(void **state)
{
    (void)state;
    intptr_t mine = allocates(100);
    Other other = other_start();
    assert_int_equal(other_does(&other, locks, 0), 1);
    other_does(&other, overwrites_structures, 0);
    other_end(&other, SIGKILL);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(allocates(10), -(intptr_t)SPACES_ERR_LOCK);
        told_expect(SPACES_ERR_LOCK);
        assert_ptr_equal(told.info.chunk, shared);
        assert_int_equal(told.info.argSize, 10);
        assert_non_null(told.info.callStack[0]);
        assert_int_equal(frees(mine), -(intptr_t)SPACES_ERR_LOCK);
        told_expect(SPACES_ERR_LOCK);
        told_reset();
        assert_int_equal(spaces_chunk_lock(shared), 0);
        told_expect(SPACES_ERR_LOCK);
    }
    Report report[16];
    int count = reports_take(report, 16);
    assert_int_equal(count, 6);
    assert_non_null(strstr(report[0].json, "a process died with it"));
    /* Others learn it when they attach; it can still be left. */
    expect_bytes(mine, 100, 100);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_false(segment_exists());
    shared = spaces_chunk_create_shared(name_of(own_key()), SIZE, 0);
    assert_non_null(shared);
}

static void test_overwritten_structures(void **state)
{
    (void)state;
    intptr_t mine = allocates(100);
    uint64_t magic = mixed()->magic;
    mixed()->magic = 0;
    assert_int_equal(allocates(10), -(intptr_t)SPACES_ERR_BAD_CHUNK);
    told_expect(SPACES_ERR_BAD_CHUNK);
    assert_ptr_equal(told.info.chunk, shared);
    assert_ptr_equal(told.info.corruptAddr, mixed());
    Report report;
    report_expect_one(&report, "metadata");
    assert_non_null(strstr(report.json, "structures were overwritten"));
    assert_int_equal(frees(mine), -(intptr_t)SPACES_ERR_BAD_CHUNK);
    mixed()->magic = magic;
    assert_int_equal(frees(mine), 0);
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static void test_too_many_tasks(void **state)
{
    (void)state;
    Other other = other_stranger(0);
    uint32_t *tasks = header()->tasks, self = (uint32_t)getpid();
    assert_int_equal(tasks[0], self);
    for (unsigned i = 1; i < SP_SHARED_TASKS; i++)
        tasks[i] = 1; /* lives as long as the machine */
    assert_int_equal(other_does(&other, attaches, own_key()), SPACES_ERR_TOO_MANY_TASKS);
    /* A forked child is one more, too. */
    Other child = other_start();
    assert_int_equal(other_does(&child, allocates, 10), -(intptr_t)SPACES_ERR_TOO_MANY_TASKS);
    other_end(&child, 0);
    assert_true(allocates(10) > 0);
    /* The dead make room. */
    pid_t dead = fork();
    if (!dead)
        _exit(0);
    waitpid(dead, NULL, 0);
    tasks[100] = tasks[200] = (uint32_t)dead;
    assert_int_equal(other_does(&other, attaches, own_key()), 0);
    assert_true(other_does(&other, allocates, 10) > 0);
    assert_int_equal(other_does(&other, destroys, 0), 1);
    unsigned vacant = 0, its = 0;
    for (unsigned i = 0; i < SP_SHARED_TASKS; i++) {
        vacant += tasks[i] == 0;
        its += tasks[i] == (uint32_t)other.pid;
    }
    assert_int_equal(vacant, 2);
    assert_int_equal(its, 0);
    other_end(&other, 0);
}

static void test_what_the_killed_left_is_replaced(void **state)
{
    (void)state;
    Other other = other_start();
    assert_int_equal(other_does(&other, creates, own_key()), 0);
    assert_true(other_does(&other, allocates, 100) > 0);
    assert_int_equal(other_does(&other, locks, 0), 1);
    other_end(&other, SIGKILL);
    assert_true(segment_exists());
    assert_int_equal(creates(own_key()), 0);
    assert_int_equal(spaces_chunk_count(shared), 0);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    /* Or taken up again. */
    other = other_start();
    assert_int_equal(other_does(&other, creates, own_key()), 0);
    intptr_t theirs = other_does(&other, allocates, 100);
    other_end(&other, SIGKILL);
    assert_int_equal(attaches(own_key()), 0);
    expect_bytes(theirs, 100, 100);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_false(segment_exists());
}

static intptr_t comes_and_goes(intptr_t key)
{
    intptr_t wrong = 0;
    spaces_set_error_handler(NULL);
    for (int i = 0; i < 300; i++) {
        SpacesChunk chunk = spaces_chunk_attach_shared(NULL, name_of((key_t)key));
        if (!chunk)
            chunk = spaces_chunk_create_shared(name_of((key_t)key), SIZE, 0);
        if (!chunk)
            continue; /* the others were quicker */
        unsigned char *p = spaces_chunk_alloc(chunk, 50, 0);
        wrong += !p || !spaces_chunk_free(p) || !spaces_chunk_destroy(chunk);
    }
    return wrong;
}

/* All leave and come at once: the last one removes it, each time. */
static void test_coming_and_going(void **state)
{
    (void)state;
    Other others[4];
    for (int i = 0; i < 4; i++)
        others[i] = other_start();
    for (int i = 0; i < 4; i++)
        other_order(&others[i], comes_and_goes, own_key());
    for (int i = 0; i < 4; i++)
        assert_int_equal(other_answer(&others[i]), 0);
    for (int i = 0; i < 4; i++)
        other_end(&others[i], 0);
    assert_false(segment_exists());
}

#define of_shared(test) cmocka_unit_test_setup_teardown(test, with_shared, without_shared)
#define alone(test)     cmocka_unit_test_setup_teardown(test, fresh, nothing_left)

static const struct CMUnitTest tests[] = {
    of_shared(test_the_lock_keeps_others_out),
    of_shared(test_fork_with_the_lock),
    of_shared(test_exit_while_another_has_the_lock),
    of_shared(test_killed_with_the_lock),
    of_shared(test_walk_takes_the_lock),
    of_shared(test_killed_in_the_middle),
    of_shared(test_killed_with_the_lock_and_damage),
    of_shared(test_overwritten_structures),
    of_shared(test_too_many_tasks),
    alone(test_what_the_killed_left_is_replaced),
    alone(test_coming_and_going),
};

SUITE_MAIN(tests, NULL)
