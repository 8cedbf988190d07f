/* shared_test.c - chunks in System V segments: what is refused, handles, and several
 * processes at once, forked ones and programs of their own. */
#define _GNU_SOURCE
#include "processes.h"

#include <stdlib.h>

/* ---- refusals ----------------------------------------------------------------------- */

static void expect_refused(SpacesChunk got, SpacesErrorCode code, const char *says)
{
    Report report;
    assert_null(got);
    told_expect(code);
    assert_int_equal(reports_take(&report, 1), 1);
    if (!strstr(report.json, says))
        fail_msg("does not say \"%s\": %s", says, report.json);
    told_reset();
}

static void test_bad_arguments(void **state)
{
    (void)state;
    const char *key = name_of(own_key());
    expect_refused(spaces_chunk_create_shared(NULL, SIZE, 0), SPACES_ERR_BAD_POINTER,
                   "IPC_PRIVATE");
    expect_refused(spaces_chunk_attach_shared(NULL, NULL), SPACES_ERR_BAD_POINTER, "IPC_PRIVATE");
    expect_refused(spaces_chunk_create_shared("/tmp/myapp", SIZE, 0), SPACES_ERR_BAD_POINTER,
                   "not a string");
    expect_refused(spaces_chunk_create_shared(key, 0, 0), SPACES_ERR_ALLOC_ZERO, "size is zero");
    expect_refused(spaces_chunk_create_shared(key, 4096, 0), SPACES_ERR_BLOCK_TOO_BIG,
                   "no page of a segment of this size");
    expect_refused(spaces_chunk_create_shared(key, SIZE_MAX, 0), SPACES_ERR_BLOCK_TOO_BIG,
                   "no system has so much");
    expect_refused(spaces_chunk_create_shared(key, SIZE, SPACES_CHUNK_AREA), SPACES_ERR_BAD_FLAGS,
                   "flags");
    expect_refused(spaces_chunk_attach_shared(NULL, key), SPACES_ERR_BAD_CHUNK, "ENOENT");
    /* The arguments arrive. */
    spaces_chunk_create_shared(key, 100, SPACES_CHUNK_ZERO_INIT);
    assert_ptr_equal(told.info.argPtr, key);
    assert_int_equal(told.info.argSize, 100);
    assert_int_equal(told.info.argFlags, SPACES_CHUNK_ZERO_INIT);
    assert_int_equal(told.info.pid, getpid());
}

static void test_the_least_size(void **state)
{
    (void)state;
    size_t size = 4096;
    SpacesChunk least;
    spaces_set_error_handler(NULL);
    while (!(least = spaces_chunk_create_shared(name_of(own_key()), size, 0)))
        size += 4096;
    spaces_set_error_handler(recorder);
    assert_int_equal(size, is_debug_build() ? 12 * KIB : 8 * KIB);
    assert_non_null(spaces_chunk_alloc(least, 1000, 0));
    spaces_chunk_destroy(least);
}

static void test_key_in_use(void **state)
{
    (void)state;
    expect_refused(spaces_chunk_create_shared(name_of(own_key()), SIZE, 0), SPACES_ERR_BAD_CHUNK,
                   "EEXIST");
    assert_non_null(spaces_chunk_alloc(shared, 100, 0)); /* it stayed */
}

/* A segment with bytes of its own under the key. */
static void *foreign_segment(size_t bytes, int *id)
{
    *id = shmget(own_key(), bytes, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(*id >= 0);
    void *at = shmat(*id, NULL, 0);
    assert_ptr_not_equal(at, (void *)-1);
    return at;
}

static void test_a_segment_that_is_no_chunk(void **state)
{
    (void)state;
    int id;
    for (size_t bytes = 100; bytes <= 100000; bytes *= 1000) {
        void *at = foreign_segment(bytes, &id);
        memset(at, 'x', 100);
        expect_refused(spaces_chunk_attach_shared(NULL, name_of(own_key())), SPACES_ERR_BAD_CHUNK,
                       "is no shared chunk");
        shmdt(at);
        /* Nobody has it, but it is not ours to remove. */
        expect_refused(spaces_chunk_create_shared(name_of(own_key()), SIZE, 0),
                       SPACES_ERR_BAD_CHUNK, "EEXIST");
        assert_true(segment_exists());
        shmctl(id, IPC_RMID, NULL);
    }
}

static void test_a_creator_that_has_not_finished(void **state)
{
    (void)state;
    int id;
    uint64_t *at = foreign_segment(SIZE, &id);
    *at = ~SP_SHARED_MAGIC;
    expect_refused(spaces_chunk_attach_shared(NULL, name_of(own_key())), SPACES_ERR_BAD_CHUNK,
                   "has not finished");
    shmdt(at);
    /* Nor will it: it has let go. */
    SpacesChunk made = spaces_chunk_create_shared(name_of(own_key()), SIZE, 0);
    assert_non_null(made);
    spaces_chunk_destroy(made);
}

/* Another process attaches while a field has another value. */
static void expect_attach_refused(const Other *other, void *field, uint64_t value, size_t width,
                                  SpacesErrorCode code)
{
    uint64_t kept = 0;
    memcpy(&kept, field, width);
    memcpy(field, &value, width);
    assert_int_equal(other_does(other, attaches, own_key()), code);
    memcpy(field, &kept, width);
}

static void test_headers_that_do_not_fit(void **state)
{
    (void)state;
    Other other = other_stranger(0);
    SpShared *h = header();
    expect_attach_refused(&other, &h->layout_version, SP_LAYOUT_VERSION + 1, 4,
                          SPACES_ERR_UNSUPPORTED);
    expect_attach_refused(&other, &h->debug, !is_debug_build(), 4, SPACES_ERR_UNSUPPORTED);
    expect_attach_refused(&other, &h->magic, 5, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->bytes, SIZE * 2, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->mixed_at, SIZE, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->records_at, 0, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->data_at, 1, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->data_bytes, SIZE_MAX, 8, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &mixed()->units, 1u << 31, 4, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &mixed()->starts_at, 1, 4, SPACES_ERR_BAD_CHUNK);
    expect_attach_refused(&other, &h->address, 0x1234567, 8, 0); /* a wish only */
    other_end(&other, 0);
}

static intptr_t attaches_as_nobody(intptr_t key)
{
    return setuid(65534) ? -1 : attaches(key);
}

static void test_another_user(void **state)
{
    (void)state;
    if (geteuid())
        skip(); /* cannot become another */
    Other other = other_stranger(0);
    assert_int_equal(other_does(&other, attaches_as_nobody, own_key()), SPACES_ERR_WRONG_TASK);
    other_end(&other, 0);
}

/* ---- handles ---------------------------------------------------------------------------- */

static void test_attached_twice_in_one_process(void **state)
{
    (void)state;
    const char *key = name_of(own_key());
    void *p = spaces_chunk_alloc(shared, 100, 0);
    assert_ptr_equal(spaces_chunk_attach_shared(NULL, key), shared);
    assert_ptr_equal(spaces_chunk_attach_shared(shared, key), shared);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_int_equal(spaces_chunk_ptr_check(shared, p), SPACES_PTR_OK);
    assert_true(segment_exists());
    SpacesChunk another = spaces_chunk_create(0);
    expect_refused(spaces_chunk_attach_shared(another, key), SPACES_ERR_BAD_CHUNK,
                   "not the shared chunk of this key");
    expect_refused(spaces_chunk_attach_shared(shared, name_of(own_key() + 1)), SPACES_ERR_BAD_CHUNK,
                   "not the shared chunk of this key");
    spaces_chunk_destroy(another);
    expect_refused(spaces_chunk_attach_shared(another, key), SPACES_ERR_BAD_CHUNK, "no such chunk");
}

static void test_info(void **state)
{
    (void)state;
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(shared, NULL, &info), 1);
    assert_int_equal(info.flags, SPACES_CHUNK_SHARED | SPACES_CHUNK_SERIALIZE);
    assert_int_equal(chunk_of(shared)->kind, SP_CHUNK_SHARED);
    assert_int_equal((key_t)chunk_of(shared)->key, own_key());
    assert_int_equal(spaces_chunk_set_serialization(shared, 0), 1); /* others rely on it */
    assert_int_equal(spaces_chunk_set_serialization(shared, 0), 1);
    assert_int_equal(told.count, 0);
}

static void test_shutdown_leaves_it(void **state)
{
    (void)state;
    assert_int_equal(spaces_init(), 1);
    assert_ptr_equal(spaces_chunk_attach_shared(NULL, name_of(own_key())), shared);
    assert_int_equal(spaces_shutdown(), 1);
    assert_false(segment_exists());
    fresh(NULL);
    shared = spaces_chunk_create_shared(name_of(own_key()), SIZE, 0);
    assert_non_null(shared);
}

/* ---- several processes ------------------------------------------------------------------- */

static void test_two_processes(void **state)
{
    (void)state;
    Other other = other_stranger(0);
    intptr_t mine = allocates(60);
    assert_int_equal(other_does(&other, attaches, own_key()), 0);
    intptr_t theirs = other_does(&other, allocates, 200);
    assert_true(theirs > 0);
    assert_true(mine + 60 <= theirs || theirs + 200 <= mine);
    expect_bytes(theirs, 200, 200);
    assert_int_equal(spaces_chunk_count(shared), 2);
    assert_int_equal(spaces_chunk_ptr_check(shared, block_at(theirs)), SPACES_PTR_OK);
    assert_int_equal(other_does(&other, counts, 0), 2);
    /* Each may free the other's. */
    assert_int_equal(other_does(&other, frees, mine), 0);
    assert_int_equal(frees(theirs), 0);
    assert_int_equal(other_does(&other, frees, theirs), -(intptr_t)SPACES_ERR_BAD_POINTER);
    assert_int_equal(frees(mine), -(intptr_t)SPACES_ERR_BAD_POINTER);
    assert_int_equal(spaces_chunk_count(shared), 0);
    /* Who leaves first does not matter. */
    theirs = other_does(&other, allocates, 90);
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_true(segment_exists());
    assert_int_equal(other_does(&other, counts, 0), 1);
    assert_int_equal(attaches(own_key()), 0);
    expect_bytes(theirs, 90, 90);
    assert_int_equal(other_does(&other, destroys, 0), 1);
    assert_true(segment_exists());
    other_end(&other, 0);
}

static void test_a_program_of_its_own(void **state)
{
    (void)state;
    char key[32], offset[32];
    intptr_t mine = allocates(77);
    snprintf(key, sizeof key, "TEST_KEY=%d", (int)own_key());
    snprintf(offset, sizeof offset, "TEST_OFFSET=%ld", (long)mine);
    const char *environment[] = {key, offset, NULL};
    Ended ended;
    run_self("uses", environment, &ended);
    if (!ended.exited || ended.code)
        fail_msg("ended with %d: %s%s", ended.code, ended.output, ended.errors);
    intptr_t theirs = atol(ended.output);
    expect_bytes(theirs, 123, 123);
    assert_int_equal(spaces_chunk_count(shared), 1);
    assert_int_equal(frees(theirs), 0);
    assert_int_not_equal(spaces_chunk_ptr_check(shared, block_at(mine)), SPACES_PTR_OK);
}

/* The program: attaches, finds the block, frees it, leaves one of its own. */
static int uses(void)
{
    key_t key = (key_t)atol(getenv("TEST_KEY"));
    intptr_t offset = atol(getenv("TEST_OFFSET"));
    shared = spaces_chunk_attach_shared(NULL, name_of(key));
    if (!shared)
        return 1;
    const unsigned char *p = block_at(offset);
    if (spaces_chunk_ptr_check(shared, (void *)(uintptr_t)p) != SPACES_PTR_OK || p[76] != 77)
        return 2;
    if (!spaces_chunk_free(block_at(offset)))
        return 3;
    printf("%ld\n", (long)allocates(123));
    return spaces_chunk_destroy(shared) ? 0 : 4;
}

static void test_a_forked_child_has_it_too(void **state)
{
    (void)state;
    intptr_t mine = allocates(10);
    Other other = other_start();
    assert_int_equal(other_does(&other, counts, 0), 1);
    assert_int_equal(other_does(&other, frees, mine), 0);
    intptr_t theirs = other_does(&other, allocates, 20);
    assert_int_equal(spaces_chunk_count(shared), 1);
    /* Its leaving is its own, and so is the parent's. */
    assert_int_equal(other_does(&other, destroys, 0), 1);
    expect_bytes(theirs, 20, 20);
    other_end(&other, 0);
    other = other_start();
    assert_int_equal(spaces_chunk_destroy(shared), 1);
    assert_true(segment_exists());
    assert_int_equal(other_does(&other, counts, 0), 1);
    assert_int_equal(other_does(&other, destroys, 0), 1);
    assert_false(segment_exists());
    other_end(&other, 0);
    shared = spaces_chunk_create_shared(name_of(own_key()), SIZE, 0);
}

static void test_zero_init_is_the_creators(void **state)
{
    (void)state;
    Other other = other_stranger(SPACES_CHUNK_ZERO_INIT);
    assert_int_equal(other_does(&other, attaches, own_key()), 0);
    for (int i = 0; i < 10; i++)
        frees(allocates(1000)); /* dirty */
    quarantine_let_go();
    other_end(&other, SIGKILL);
    for (int i = 0; i < 10; i++) {
        unsigned char *p = spaces_chunk_alloc(shared, 500, 0);
        for (int at = 0; at < 500; at++)
            assert_int_equal(p[at], 0);
    }
}

static void test_ceilings_are_each_process_its_own(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(shared, 4096);
    Other other = other_start();
    other_does(&other, sets_ceiling, (intptr_t)(64 * KIB));
    assert_true(other_does(&other, allocates, (intptr_t)(30 * KIB)) > 0);
    assert_true(allocates(200 * KIB) > 0);
    assert_true(spaces_chunk_size(shared) >= 230 * KIB);
    assert_int_equal(other_does(&other, allocates, (intptr_t)(100 * KIB)),
                     -(intptr_t)SPACES_ERR_EXCEEDED_CEILING);
    assert_true(allocates(100 * KIB) > 0);
    other_end(&other, SIGKILL);
}

static void test_full(void **state)
{
    (void)state;
    intptr_t last = 0, offset;
    size_t count = 0;
    while ((offset = allocates(1000)) > 0) {
        last = offset;
        count++;
    }
    assert_int_equal(offset, -(intptr_t)SPACES_ERR_OUT_OF_MEMORY);
    /* "At least 2 * peak_payload + 4 KB": half of it and more is the program's. */
    assert_true(count * 1000 >= SIZE / 2);
    assert_true((size_t)last + 1000 <= SIZE);
}

/* ---- a model --------------------------------------------------------------------------------- */

enum { BLOCKS = 200 };
static struct {
    intptr_t offset;
    size_t size;
} known[BLOCKS];

/* Two processes take turns; the model knows every block's bytes. */
static void test_model(void **state)
{
    (void)state;
    const char *given = getenv("SEED");
    uint64_t dice = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u;
    printf("SEED=%llu\n", (unsigned long long)dice);
    dice |= 1;
    Other other = other_start();
    size_t live = 0;
    for (int step = 0; step < 6000; step++) {
        size_t at = random_next(&dice) % BLOCKS;
        bool there = random_next(&dice) % 4 == 0;
        if (known[at].offset) {
            expect_bytes(known[at].offset, (unsigned char)known[at].size, known[at].size);
            intptr_t done =
                there ? other_does(&other, frees, known[at].offset) : frees(known[at].offset);
            assert_int_equal(done, 0);
            known[at].offset = 0;
            live--;
            continue;
        }
        size_t size = random_next(&dice) % (random_next(&dice) % 20 ? 500 : 30000) + 1;
        intptr_t offset =
            there ? other_does(&other, allocates, (intptr_t)size) : allocates((intptr_t)size);
        if (offset < 0) {
            assert_int_equal(offset, -(intptr_t)SPACES_ERR_OUT_OF_MEMORY);
            continue;
        }
        known[at].offset = offset;
        known[at].size = size;
        live++;
        if (step % 97 == 0) {
            assert_int_equal(spaces_chunk_count(shared), live);
            assert_int_equal(other_does(&other, counts, 0), live);
        }
    }
    for (int i = 0; i < BLOCKS; i++)
        if (known[i].offset) {
            expect_bytes(known[i].offset, (unsigned char)known[i].size, known[i].size);
            assert_int_equal(frees(known[i].offset), 0);
        }
    assert_int_equal(spaces_chunk_count(shared), 0);
    other_end(&other, 0);
}

#define of_shared(test) cmocka_unit_test_setup_teardown(test, with_shared, without_shared)
#define alone(test)     cmocka_unit_test_setup_teardown(test, fresh, nothing_left)

static const struct CMUnitTest tests[] = {
    alone(test_bad_arguments),
    alone(test_the_least_size),
    of_shared(test_key_in_use),
    alone(test_a_segment_that_is_no_chunk),
    alone(test_a_creator_that_has_not_finished),
    of_shared(test_headers_that_do_not_fit),
    of_shared(test_another_user),
    of_shared(test_attached_twice_in_one_process),
    of_shared(test_info),
    of_shared(test_shutdown_leaves_it),
    of_shared(test_two_processes),
    of_shared(test_a_program_of_its_own),
    of_shared(test_a_forked_child_has_it_too),
    of_shared(test_zero_init_is_the_creators),
    of_shared(test_ceilings_are_each_process_its_own),
    of_shared(test_full),
    of_shared(test_model),
};

static const Scenario scenarios[] = {{"uses", uses}, {NULL, NULL}};

SUITE_MAIN(tests, scenarios)
