/* tuning_test.c - every setting of a chunk does something that can be seen: footprint, addresses,
 * memory in use, waiting, errors. */
#define _GNU_SOURCE
#include "pages.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static SpacesChunk chunk;

static int with_chunk(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create(0);
    return chunk ? 0 : -1;
}

static int without_chunk(void **state)
{
    (void)state;
    reports_drop();
    return spaces_chunk_destroy(chunk) ? 0 : -1;
}

static SpacesChunkInfo info_of(SpacesChunk one)
{
    SpacesChunkInfo info;
    assert_int_equal(spaces_chunk_info(one, NULL, &info), 1);
    return info;
}

/* ---- steps in which a chunk grows --------------------------------------------------------------
 */

static void test_page_size(void **state)
{
    (void)state;
    for (unsigned size = 4096; size <= 65536; size *= 2) {
        SpacesChunk one = spaces_chunk_create(0);
        assert_int_equal(spaces_chunk_set_page_size(one, size), 65536);
        assert_int_equal(info_of(one).pageSize, size);
        assert_non_null(spaces_chunk_alloc(one, 64, 0));
        assert_int_equal(spaces_chunk_size(one), size);
        /* Grows page by page. */
        for (size_t before = size, grown = 0; grown < 3 && size < 65536;) {
            assert_non_null(spaces_chunk_alloc(one, 64, 0));
            size_t now = spaces_chunk_size(one);
            if (now == before)
                continue;
            assert_int_equal(now - before, size);
            if (now % 65536 == 0)
                break;
            before = now;
            grown++;
        }
        spaces_chunk_destroy(one);
    }
    assert_int_equal(spaces_chunk_set_page_size(chunk, 5000), 65536);
    assert_int_equal(spaces_chunk_set_page_size(chunk, 1), 8192);
    assert_int_equal(spaces_chunk_set_page_size(chunk, 1000000), 4096);
    assert_int_equal(spaces_chunk_set_page_size(chunk, 4096), 65536);
}

static void test_page_size_of_existing_pages(void **state)
{
    (void)state;
    spaces_chunk_set_page_size(chunk, 4096);
    assert_non_null(spaces_chunk_alloc(chunk, 64, 0));
    spaces_chunk_set_page_size(chunk, 65536);
    while (spaces_chunk_size(chunk) == 4096)
        assert_non_null(spaces_chunk_alloc(chunk, 64, 0));
    assert_int_equal(spaces_chunk_size(chunk), 8192); /* the same slab goes on in its step */
    assert_non_null(spaces_chunk_alloc(chunk, 2000, 0));
    assert_int_equal(spaces_chunk_size(chunk), 8192 + 65536); /* another one in the new */
}

static void test_block_size(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_block_size(chunk, 40), 1);
    assert_int_equal(info_of(chunk).blockSizeFS, 40);
    char *p = spaces_chunk_alloc_fixed(chunk), *q = spaces_chunk_alloc_fixed(chunk);
    assert_int_equal(spaces_chunk_ptr_size(p), 40);
    if (!is_debug_build())
        assert_int_equal(labs((long)(q - p)), 40);
    assert_int_equal(spaces_chunk_free_fixed(p), 1);
    assert_int_equal(spaces_chunk_free_fixed(q), 1);
    /* Variable blocks are as they were. */
    p = spaces_chunk_alloc(chunk, 41, 0);
    assert_true(spaces_chunk_ptr_size(p) >= 41);
    assert_int_equal(spaces_chunk_free(p), 1);
}

static void test_grow_increment(void **state)
{
    (void)state;
    size_t before = spaces_chunk_set_grow_increment(chunk, MB);
    assert_true(before < MB);
    assert_non_null(spaces_chunk_alloc(chunk, 64, 0));
    size_t grown = spaces_chunk_size(chunk);
    assert_in_range(grown, MB - 65536, MB + 65536);
    /* It is there for all sizes that fit a slab. */
    for (int i = 0; i < 6; i++)
        assert_non_null(spaces_chunk_alloc(chunk, 100 << i, 0));
    assert_true(spaces_chunk_size(chunk) <= grown + 65536);
    assert_int_equal(spaces_chunk_set_grow_increment(chunk, before), MB);
}

static void test_grow_increment_near_the_ceiling(void **state)
{
    (void)state;
    spaces_chunk_set_grow_increment(chunk, 64 * MB);
    spaces_chunk_set_ceiling(chunk, MB);
    assert_non_null(spaces_chunk_alloc(chunk, 64, 0));
    assert_true(spaces_chunk_size(chunk) <= MB);
    assert_int_equal(told.count, 0);
}

/* ---- what a chunk keeps
 * -------------------------------------------------------------------------- */

enum { MANY = 8000 };
static void *blocks[MANY];

/* Fill 8 MB and free it all; the footprint before and after. */
static size_t fill_and_free(SpacesChunk one)
{
    for (int i = 0; i < MANY; i++)
        assert_non_null(blocks[i] = spaces_chunk_alloc(one, 1000, 0));
    size_t full = spaces_chunk_size(one);
    assert_true(full >= MANY * (size_t)1000);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(spaces_chunk_free(blocks[i]), 1);
    quarantine_let_go();
    return full;
}

static void test_free_bytes(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_free_bytes(chunk, 0), MB); /* the documented default */
    fill_and_free(chunk);
    assert_true(spaces_chunk_size(chunk) <= 2 * 65536);
    assert_int_equal(spaces_chunk_set_free_bytes(chunk, 3 * MB), 0);
    fill_and_free(chunk);
    assert_in_range(spaces_chunk_size(chunk), 2 * MB, 3 * MB + 2 * 65536);
    assert_int_equal(spaces_chunk_set_free_bytes(chunk, SIZE_MAX), 3 * MB);
    size_t full = fill_and_free(chunk);
    assert_true(spaces_chunk_size(chunk) + 65536 >= full);
}

static void test_floor_and_shrink(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_floor(chunk, 3 * MB), 0);
    assert_int_equal(spaces_chunk_size(chunk), 0); /* a ratchet, no order to grow */
    spaces_chunk_set_free_bytes(chunk, SIZE_MAX);
    size_t full = fill_and_free(chunk), now = spaces_chunk_size(chunk);
    size_t given = spaces_chunk_shrink(chunk);
    assert_true(given > 0);
    assert_int_equal(spaces_chunk_size(chunk), now - given);
    assert_in_range(spaces_chunk_size(chunk), 3 * MB, 3 * MB + 2 * 65536);
    assert_int_equal(spaces_chunk_shrink(chunk), 0);
    assert_int_equal(spaces_chunk_set_floor(chunk, 0), 3 * MB);
    assert_true(spaces_chunk_shrink(chunk) > 0);
    assert_true(spaces_chunk_size(chunk) <= 2 * 65536);
    assert_true(full > 3 * MB);
}

static void test_shrink_gives_memory_to_the_system(void **state)
{
    (void)state;
    spaces_chunk_set_free_bytes(chunk, SIZE_MAX);
    fill_and_free(chunk);
    size_t before = 0, after = 0;
    for (int i = 0; i < MANY; i++)
        before += resident(blocks[i], 1);
    assert_int_equal(before, MANY);
    assert_true(spaces_chunk_shrink(chunk) >= 7 * MB);
    for (int i = 0; i < MANY; i++)
        after += resident(blocks[i], 1);
    assert_true(after <= 200);
}

static void test_shrink_keeps_live_blocks(void **state)
{
    (void)state;
    spaces_chunk_set_free_bytes(chunk, SIZE_MAX);
    for (int i = 0; i < MANY; i++)
        memset(blocks[i] = spaces_chunk_alloc(chunk, 1000, 0), i, 1000);
    for (int i = 0; i < MANY; i++)
        if (i % 500)
            spaces_chunk_free(blocks[i]);
    quarantine_let_go();
    assert_true(spaces_chunk_shrink(chunk) > 4 * MB);
    for (int i = 0; i < MANY; i += 500)
        for (int at = 0; at < 1000; at++)
            assert_int_equal(((unsigned char *)blocks[i])[at], (unsigned char)i);
    assert_int_equal(spaces_chunk_check(chunk), 1);
}

/* ---- taking memory ahead
 * ------------------------------------------------------------------------- */

static void test_preallocate(void **state)
{
    (void)state;
    size_t added = spaces_chunk_preallocate(chunk, 2 * MB, SPACES_BLOCK_VAR_FIXED);
    assert_in_range(added, 2 * MB, 2 * MB + 65536);
    assert_int_equal(spaces_chunk_size(chunk), added);
    assert_int_equal(spaces_chunk_count(chunk), 0);
    size_t total = process_info().heapTotal;
    /* Without growing the chunk: it is all there. */
    size_t got = 0;
    while (got < 1000 && spaces_chunk_alloc(chunk, 1000, SPACES_FLAG_NO_GROW))
        got++;
    assert_int_equal(got, 1000);
    assert_true(spaces_chunk_size(chunk) <= added);
    assert_true(process_info().heapTotal <= total + (is_debug_build() ? MB : 0)); /* records */
    while (spaces_chunk_alloc(chunk, 1000, SPACES_FLAG_NO_GROW))
        assert_true(++got < 3000);
    assert_true(got >= 1500);
    assert_true(spaces_chunk_size(chunk) <= added);
}

static void test_preallocate_fixed(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_block_size(chunk, 48), 1);
    size_t added = spaces_chunk_preallocate(chunk, MB, SPACES_BLOCK_FIXED);
    assert_in_range(added, MB, MB + 65536);
    assert_int_equal(spaces_chunk_size(chunk), added);
    size_t count = MB / (is_debug_build() ? 80 : 48);
    for (size_t i = 0; i < count; i++)
        assert_non_null(spaces_chunk_alloc_fixed(chunk));
    assert_int_equal(spaces_chunk_size(chunk), added);
}

/* ---- what is carved from slabs
 * --------------------------------------------------------------------- */

static void test_max_suballoc(void **state)
{
    (void)state;
    assert_non_null(spaces_chunk_alloc(chunk, 20000, 0));
    assert_false(info_of(chunk).type & SPACES_BLOCK_EXTERNAL);
    assert_int_equal(spaces_chunk_set_max_suballoc(chunk, 16384), 65536);
    size_t before = spaces_chunk_size(chunk);
    assert_non_null(spaces_chunk_alloc(chunk, 20000, 0));
    assert_true(info_of(chunk).type & SPACES_BLOCK_EXTERNAL);
    assert_int_equal(spaces_chunk_size(chunk), before + 65536);
    assert_null(spaces_chunk_alloc(chunk, 20000, SPACES_FLAG_NO_EXTERNAL));
    told_expect(SPACES_ERR_BLOCK_TOO_BIG);
    assert_non_null(spaces_chunk_alloc(chunk, 10000, SPACES_FLAG_NO_EXTERNAL));
    assert_int_equal(spaces_chunk_set_max_suballoc(chunk, 1 << 30), 16384);
    assert_int_equal(spaces_chunk_set_max_suballoc(chunk, 0), 65536); /* the most there is */
    assert_int_equal(spaces_chunk_set_max_suballoc(chunk, 65536), 0);
}

/* ---- compaction
 * --------------------------------------------------------------------------------------- */

/* Under the ceiling there is room only in empty pages that the chunk keeps. */
static void test_no_compact(void **state)
{
    (void)state;
    spaces_chunk_set_free_bytes(chunk, SIZE_MAX);
    fill_and_free(chunk);
    size_t kept = spaces_chunk_size(chunk);
    spaces_chunk_set_ceiling(chunk, kept + 65536);
    assert_null(spaces_chunk_alloc(chunk, MB, SPACES_FLAG_NO_COMPACT));
    told_expect(SPACES_ERR_EXCEEDED_CEILING);
    assert_true(spaces_chunk_size(chunk) >= kept - 65536);
    told_reset();
    assert_non_null(spaces_chunk_alloc(chunk, MB, 0));
    assert_int_equal(told.count, 0);
    assert_true(spaces_chunk_size(chunk) < kept);
}

/* ---- locking
 * ------------------------------------------------------------------------------------------- */

typedef struct Try {
    unsigned flags;
    void *block;
    int done;
} Try;

static void *tries(void *argument)
{
    Try *one = argument;
    one->block = spaces_chunk_alloc(chunk, 100, one->flags);
    __atomic_store_n(&one->done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Whether an allocation by another thread ends while each set of free lists that there is, is in
 * use. Afterwards none is. */
static bool passes_where_all_are_in_use(unsigned flags)
{
    Try one = {.flags = flags};
    pthread_t thread;
    SpHeap *heaps = chunk_of(chunk)->heaps;
    for (SpHeap *heap = heaps; heap; heap = heap->next)
        heap->lock = 1;
    assert_int_equal(pthread_create(&thread, NULL, tries, &one), 0);
    for (int i = 0; i < 100 && !__atomic_load_n(&one.done, __ATOMIC_SEQ_CST); i++)
        usleep(1000);
    bool passed = __atomic_load_n(&one.done, __ATOMIC_SEQ_CST) != 0;
    for (SpHeap *heap = heaps; heap; heap = heap->next) {
        __atomic_store_n(&heap->lock, 0, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, &heap->lock, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    pthread_join(thread, NULL);
    assert_non_null(one.block);
    assert_int_equal(spaces_chunk_free(one.block), 1);
    return passed;
}

static size_t subchunks(void)
{
    size_t count = 0;
    for (const SpHeap *heap = chunk_of(chunk)->heaps; heap; heap = heap->next)
        count++;
    return count;
}

static int with_serialized(void **state)
{
    fresh(state);
    chunk = spaces_chunk_create(SPACES_CHUNK_SERIALIZE);
    return chunk ? 0 : -1;
}

static void test_max_subchunks(void **state)
{
    (void)state;
    assert_int_equal(spaces_chunk_set_max_subchunks(chunk, 1), 1);
    assert_false(passes_where_all_are_in_use(0));
    assert_int_equal(subchunks(), 1);
    assert_int_equal(spaces_chunk_set_max_subchunks(chunk, 3), 1);
    assert_true(passes_where_all_are_in_use(0));
    assert_int_equal(subchunks(), 2);
    assert_true(passes_where_all_are_in_use(0));
    assert_int_equal(subchunks(), 3);
    assert_false(passes_where_all_are_in_use(0));
    assert_int_equal(subchunks(), 3);
    assert_int_equal(spaces_chunk_count(chunk), 0);
}

static void test_serialization(void **state)
{
    (void)state;
    spaces_chunk_set_max_subchunks(chunk, 1);
    assert_int_equal(spaces_chunk_set_serialization(chunk, 0), 1);
    assert_true(passes_where_all_are_in_use(0)); /* nobody looks */
    assert_int_equal(spaces_chunk_lock(chunk), 0);
    told_expect(SPACES_ERR_LOCK);
    assert_int_equal(spaces_chunk_set_serialization(chunk, 1), 0);
    assert_false(passes_where_all_are_in_use(0));
    assert_int_equal(spaces_chunk_lock(chunk), 1);
    assert_int_equal(spaces_chunk_unlock(chunk), 1);
    assert_int_equal(spaces_chunk_set_serialization(chunk, 1), 1);
}

static void test_no_serialize(void **state)
{
    (void)state;
    spaces_chunk_set_max_subchunks(chunk, 1);
    assert_false(passes_where_all_are_in_use(0));
    assert_true(passes_where_all_are_in_use(SPACES_FLAG_NO_SERIALIZE));
}

/* ---- creation flags
 * ---------------------------------------------------------------------------------------- */

static void test_default_flag_serializes(void **state)
{
    (void)state;
    SpacesChunk one = spaces_chunk_create(SPACES_CHUNK_DEFAULT);
    assert_int_equal(spaces_chunk_lock(one), 1);
    assert_int_equal(spaces_chunk_unlock(one), 1);
    assert_int_equal(info_of(one).flags, SPACES_CHUNK_DEFAULT);
    spaces_chunk_destroy(one);
}

static void test_virtual_lock(void **state)
{
    (void)state;
    size_t before = status_bytes("VmLck:");
    SpacesChunk one = spaces_chunk_create(SPACES_CHUNK_VIRTUAL_LOCK);
    char *p = spaces_chunk_alloc(one, 100, 0);
    if (!p)
        skip(); /* RLIMIT_MEMLOCK */
    size_t small = status_bytes("VmLck:") - before;
    assert_true(small >= 65536);
    char *run = spaces_chunk_alloc(one, 300000, 0), *huge = spaces_chunk_alloc(one, 5 * MB, 0);
    assert_non_null(run);
    assert_non_null(huge);
    assert_true(status_bytes("VmLck:") - before >= small + 300000 + 5 * MB);
    assert_true(resident(huge, 5 * MB) >= 5 * MB / PAGE); /* never written */
    size_t locked = status_bytes("VmLck:");
    spaces_chunk_free(run);
    spaces_chunk_free(huge);
    quarantine_let_go();
    assert_true(status_bytes("VmLck:") <= locked - 300000 - 5 * MB);
    assert_int_equal(spaces_chunk_destroy(one), 1);
    assert_int_equal(status_bytes("VmLck:"), before);
}

#define CHUNK_TEST(name) cmocka_unit_test_setup_teardown(name, with_chunk, without_chunk)
#define LOCK_TEST(name)  cmocka_unit_test_setup_teardown(name, with_serialized, without_chunk)

static const struct CMUnitTest tests[] = {
    CHUNK_TEST(test_page_size),
    CHUNK_TEST(test_page_size_of_existing_pages),
    CHUNK_TEST(test_block_size),
    CHUNK_TEST(test_grow_increment),
    CHUNK_TEST(test_grow_increment_near_the_ceiling),
    CHUNK_TEST(test_free_bytes),
    CHUNK_TEST(test_floor_and_shrink),
    CHUNK_TEST(test_shrink_gives_memory_to_the_system),
    CHUNK_TEST(test_shrink_keeps_live_blocks),
    CHUNK_TEST(test_preallocate),
    CHUNK_TEST(test_preallocate_fixed),
    CHUNK_TEST(test_max_suballoc),
    CHUNK_TEST(test_no_compact),
    LOCK_TEST(test_max_subchunks),
    LOCK_TEST(test_serialization),
    LOCK_TEST(test_no_serialize),
    cmocka_unit_test_setup(test_default_flag_serializes, fresh),
    cmocka_unit_test_setup(test_virtual_lock, fresh),
};

SUITE_MAIN(tests, NULL)
