// threads.cpp - a threaded C++ program that knows nothing of the allocator:
// maps, strings, futures, exceptions and shared_ptrs, blocks handed from thread
// to thread. Prints checksums that depend on the work only.
#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

struct alignas(64) Wide {
    std::uint64_t words[8];
};

std::uint64_t mix(std::uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

std::uint64_t maps(unsigned seed)
{
    std::map<std::uint64_t, std::string> sorted;
    std::unordered_map<std::string, std::vector<int>> hashed;
    std::uint64_t x = seed;
    for (int i = 0; i < 40000; i++) {
        x = mix(x + 1);
        sorted[x % 20000] = std::string(x % 90, static_cast<char>('a' + x % 26));
        auto &list = hashed["key" + std::to_string(x % 3000)];
        list.push_back(i);
        if (list.size() > 40)
            list.clear(), list.shrink_to_fit();
        if (x % 3 == 0)
            sorted.erase(mix(x) % 20000);
    }
    std::uint64_t sum = hashed.size();
    for (const auto &entry : sorted)
        sum = mix(sum + entry.first + entry.second.size());
    return sum;
}

std::uint64_t throwing(unsigned seed)
{
    std::uint64_t caught = 0;
    for (unsigned i = 0; i < 3000; i++) {
        try {
            auto held = std::make_shared<std::vector<int>>(i % 50);
            if ((i + seed) % 3 == 0)
                throw std::runtime_error(std::string(i % 200, 'e'));
            caught += held->size();
        } catch (const std::exception &e) {
            caught += std::string(e.what()).size();
        }
    }
    return caught;
}

std::uint64_t aligned()
{
    std::vector<std::unique_ptr<Wide>> wides;
    std::uint64_t bad = 0;
    for (int i = 0; i < 2000; i++) {
        wides.emplace_back(new Wide());
        bad += reinterpret_cast<std::uintptr_t>(wides.back().get()) % 64 != 0;
    }
    return bad;
}

// One thread makes, another one frees.
std::uint64_t pipeline(int count)
{
    std::mutex lock;
    std::condition_variable ready;
    std::deque<std::unique_ptr<std::string>> queue;
    bool done = false;
    std::thread producer([&] {
        for (int i = 0; i < count; i++) {
            auto text = std::make_unique<std::string>(static_cast<std::size_t>(i % 700), 'p');
            std::lock_guard<std::mutex> hold(lock);
            queue.push_back(std::move(text));
            ready.notify_one();
        }
        std::lock_guard<std::mutex> hold(lock);
        done = true;
        ready.notify_one();
    });
    std::uint64_t total = 0;
    for (;;) {
        std::unique_lock<std::mutex> hold(lock);
        ready.wait(hold, [&] { return done || !queue.empty(); });
        if (queue.empty())
            break;
        auto text = std::move(queue.front());
        queue.pop_front();
        hold.unlock();
        total += text->size();
    }
    producer.join();
    return total;
}

} // namespace

int main()
{
    std::vector<std::future<std::uint64_t>> results;
    for (unsigned t = 0; t < 8; t++)
        results.push_back(std::async(std::launch::async, [t] { return maps(t) ^ throwing(t); }));
    for (std::size_t t = 0; t < results.size(); t++)
        std::printf("maps %zu: %llx\n", t, static_cast<unsigned long long>(results[t].get()));
    std::printf("misaligned: %llu\n", static_cast<unsigned long long>(aligned()));
    std::printf("pipeline: %llu\n", static_cast<unsigned long long>(pipeline(60000)));
    std::uint64_t sum = 0;
    for (int i = 0; i < 400; i++) {
        std::thread([&sum, i] {
            std::vector<std::string> lines;
            for (int j = 0; j < 50; j++)
                lines.emplace_back(static_cast<std::size_t>(i + j), 'x');
            sum += lines.back().size();
        }).join();
    }
    std::printf("short threads: %llu\n", static_cast<unsigned long long>(sum));
    try {
        std::unique_ptr<char[]> impossible(new char[static_cast<std::size_t>(1) << 60]);
        std::printf("new of 2^60 bytes: %p\n", static_cast<void *>(impossible.get()));
    } catch (const std::bad_alloc &) {
        std::printf("new of 2^60 bytes: bad_alloc\n");
    }
    return 0;
}
