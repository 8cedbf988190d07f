/*
 * xmalloc-test - producers allocate, consumers free, after Lever and Boreham's
 * description (2000): nearly every free is of another thread's block.
 *
 * A producer fills batches of 4096 small blocks; the batch itself is a block of
 * 32 KiB. A bounded queue hands the batches to the consumers.
 */
#include "bench.h"

#include <stdlib.h>

#define USAGE "PAIRS BATCHES"

enum { PER_BATCH = 4096 - 1, QUEUE = 16 };

typedef struct Batch {
    struct Batch *next;
    void *blocks[PER_BATCH];
} Batch;

static const size_t SIZES[] = {8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_batch = PTHREAD_COND_INITIALIZER;
static pthread_cond_t has_room = PTHREAD_COND_INITIALIZER;
static Batch *newest; /* under lock */
static unsigned queued;
static uint64_t batches_per_thread;

static void put(Batch *batch)
{
    pthread_mutex_lock(&lock);
    while (queued == QUEUE)
        pthread_cond_wait(&has_room, &lock);
    batch->next = newest;
    newest = batch;
    queued++;
    pthread_cond_signal(&has_batch);
    pthread_mutex_unlock(&lock);
}

static Batch *get(void)
{
    pthread_mutex_lock(&lock);
    while (queued == 0)
        pthread_cond_wait(&has_batch, &lock);
    Batch *batch = newest;
    newest = batch->next;
    queued--;
    pthread_cond_signal(&has_room);
    pthread_mutex_unlock(&lock);
    return batch;
}

static void *produce(void *argument)
{
    BenchRandom random = bench_random((uint64_t)(uintptr_t)argument);
    for (uint64_t i = 0; i < batches_per_thread; i++) {
        Batch *batch = bench_take(sizeof *batch);
        for (unsigned b = 0; b < PER_BATCH; b++) {
            size_t size = SIZES[bench_below(&random, sizeof SIZES / sizeof *SIZES)];
            batch->blocks[b] = bench_take(size);
            bench_stamp(batch->blocks[b], SIZES[0], b);
        }
        put(batch);
    }
    return NULL;
}

static void *consume(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < batches_per_thread; i++) {
        Batch *batch = get();
        for (unsigned b = 0; b < PER_BATCH; b++) {
            bench_verify(batch->blocks[b], SIZES[0], b);
            free(batch->blocks[b]);
        }
        free(batch);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t pairs = bench_argument(argc, argv, 1, USAGE);
    batches_per_thread = bench_argument(argc, argv, 2, USAGE) / pairs;
    pthread_t *threads = bench_take(2 * pairs * sizeof *threads);
    for (uint64_t i = 0; i < pairs; i++) {
        threads[2 * i] = bench_start(produce, (void *)(uintptr_t)i);
        threads[2 * i + 1] = bench_start(consume, NULL);
    }
    for (uint64_t i = 0; i < 2 * pairs; i++)
        bench_join(threads[i]);
    free(threads);
    return bench_finish(pairs * batches_per_thread * (PER_BATCH + 1));
}
