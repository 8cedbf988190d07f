// thread_locals.cc - C++ objects of threads: their destructors free and allocate when the thread
// ends, after the library's own part of that end, too.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Logs {
    std::vector<std::string> lines;
    ~Logs()
    {
        for (int i = 0; i < 50; i++)
            lines.push_back(std::string(static_cast<size_t>(i) * 20 + 1, 'x'));
    }
};

thread_local Logs logs;
thread_local std::map<int, std::string> names;
thread_local std::unique_ptr<std::vector<int>> numbers;

void works(int id)
{
    for (int i = 0; i < 100; i++)
        names[i] = std::string(static_cast<size_t>(id + i), 'y');
    numbers = std::make_unique<std::vector<int>>(1000, id);
    logs.lines.emplace_back("started");
}

} // namespace

int main()
{
    for (int round = 0; round < 100; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++)
            threads.emplace_back(works, i);
        for (auto &thread : threads)
            thread.join();
    }
    works(9);
    std::puts("done");
}
