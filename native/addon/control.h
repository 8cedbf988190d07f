/** How a question that takes long is watched and ended from another thread. */
#ifndef SPACES_ADDON_CONTROL_H
#define SPACES_ADDON_CONTROL_H

#include <atomic>
#include <cstdint>

namespace spaces {

/** One for a reader. Questions have numbers, in the order in which they are asked. */
class Control {
public:
    /* From the thread that asks. */

    uint64_t ask() { return ++asked_; }
    /** Ends the questions asked so far with SPACES_INTERRUPTED. */
    void interrupt() { interrupted_ = asked_.load(); }
    /** Ends all, later ones too, with SPACES_CLOSED. */
    void close() { closed_ = true; }
    /** Slabs dealt with in the current pass over the heap, of `total`. */
    uint64_t done() const { return done_.load(std::memory_order_relaxed); }
    uint64_t total() const { return total_.load(std::memory_order_relaxed); }

    /* From the thread that answers. */

    /** Question `number` is answered from now on. */
    void begin(uint64_t number)
    {
        current_ = number;
        pass(0);
    }
    /** A pass over so many slabs begins. */
    void pass(uint64_t total)
    {
        done_.store(0, std::memory_order_relaxed);
        total_.store(total, std::memory_order_relaxed);
    }
    /** One slab is dealt with. Throws where the question is to end. */
    void step()
    {
        done_.store(done_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        poll();
    }
    /** Throws SPACES_CLOSED or SPACES_INTERRUPTED where the question is to end. */
    void poll() const;

private:
    std::atomic<uint64_t> asked_{0};
    std::atomic<uint64_t> interrupted_{0};
    std::atomic<bool> closed_{false};
    std::atomic<uint64_t> done_{0};
    std::atomic<uint64_t> total_{0};
    uint64_t current_ = 0;
};

} // namespace spaces

#endif
