/*
 * larson - a server whose threads die and hand their blocks on, after Larson
 * and Krishnan's description (1998).
 *
 * Each chain of threads owns a table of blocks. A thread replaces `rounds`
 * times as many random blocks as the table has, then starts a successor that
 * takes the table over, and ends. So most blocks are freed by a thread that
 * did not allocate them. `sized` frees by operator delete(void *, size_t).
 */
#include "bench.h"

#include <cstring>
#include <memory>
#include <new>
#include <semaphore.h>
#include <vector>

namespace {

constexpr const char *USAGE = "plain|sized CHAINS GENERATIONS BLOCKS ROUNDS MIN MAX";
sem_t ended;

struct Block {
    void *address;
    size_t size;
};

struct Chain {
    std::vector<Block> blocks;
    BenchRandom random;
    uint64_t generations;
    uint64_t operations; // a generation
    size_t smallest, largest;
    bool sized;

    void take(size_t index)
    {
        size_t size = bench_between(&random, smallest, largest);
        blocks[index] = {::operator new(size), size};
        bench_stamp(blocks[index].address, size, static_cast<unsigned>(index));
    }

    void give(size_t index)
    {
        bench_verify(blocks[index].address, blocks[index].size, static_cast<unsigned>(index));
        if (sized)
            ::operator delete(blocks[index].address, blocks[index].size);
        else
            ::operator delete(blocks[index].address);
    }
};

void *run_generation(void *argument)
{
    Chain *chain = static_cast<Chain *>(argument);
    for (uint64_t i = 0; i < chain->operations; i++) {
        size_t index = bench_below(&chain->random, chain->blocks.size());
        chain->give(index);
        chain->take(index);
    }
    if (--chain->generations > 0)
        pthread_detach(bench_start(run_generation, chain));
    else
        sem_post(&ended);
    return nullptr;
}

} // namespace

int main(int argc, char **argv)
{
    const char *kind = bench_word(argc, argv, 1, USAGE);
    if (strcmp(kind, "plain") != 0 && strcmp(kind, "sized") != 0)
        bench_fail("%s: \"%s\" is neither plain nor sized. Usage: %s", argv[0], kind, USAGE);
    uint64_t chains = bench_argument(argc, argv, 2, USAGE);
    uint64_t generations = bench_argument(argc, argv, 3, USAGE);
    uint64_t blocks = bench_argument(argc, argv, 4, USAGE);
    uint64_t rounds = bench_argument(argc, argv, 5, USAGE);
    size_t smallest = bench_argument(argc, argv, 6, USAGE);
    size_t largest = bench_argument(argc, argv, 7, USAGE);

    sem_init(&ended, 0, 0);
    std::vector<std::unique_ptr<Chain>> all;
    for (uint64_t i = 0; i < chains; i++) {
        all.push_back(std::make_unique<Chain>());
        Chain &chain = *all.back();
        chain.random = bench_random(i);
        chain.generations = generations;
        chain.operations = blocks * rounds;
        chain.smallest = smallest;
        chain.largest = largest;
        chain.sized = strcmp(kind, "sized") == 0;
        chain.blocks.resize(blocks);
        for (size_t index = 0; index < blocks; index++)
            chain.take(index);
    }
    for (auto &chain : all)
        pthread_detach(bench_start(run_generation, chain.get()));
    for (uint64_t i = 0; i < chains; i++) {
        while (sem_wait(&ended) != 0) {
        }
    }
    for (auto &chain : all) {
        for (size_t index = 0; index < blocks; index++)
            chain->give(index);
    }
    return bench_finish(chains * generations * blocks * rounds);
}
