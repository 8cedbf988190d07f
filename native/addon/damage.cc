/** The sentences of damage reports. */
#include "damage.h"

#include <cinttypes>
#include <cstdio>

namespace spaces {

namespace {

const char *kindName(SpDamageKind kind)
{
    switch (kind) {
    case SP_DAMAGE_OVERFLOW:
        return "overflow";
    case SP_DAMAGE_UNDERFLOW:
        return "underflow";
    case SP_DAMAGE_WRITE_AFTER_FREE:
        return "write-after-free";
    case SP_DAMAGE_DOUBLE_FREE:
        return "double-free";
    default:
        return "metadata";
    }
}

std::string hexBytes(const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < count; i++) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

std::string count(int64_t n, const char *noun)
{
    return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string sentence(const SpDamage &d, const SpBlock &block)
{
    std::string size = count(static_cast<int64_t>(d.size), "byte");
    std::string freed = block.state == SP_RECORD_LIVE ? "" : "freed ";
    switch (d.kind) {
    case SP_DAMAGE_OVERFLOW: {
        int64_t past = d.offset - static_cast<int64_t>(d.size);
        return "A " + freed + "block of " + size +
               " was written past its end: the first bad byte is " +
               (past ? count(past, "byte") + " behind the end." : "the very next one.");
    }
    case SP_DAMAGE_UNDERFLOW:
        return "A " + freed + "block of " + size +
               " was written before its start: the first bad byte lies " +
               count(-d.offset, "byte") + " before it.";
    case SP_DAMAGE_WRITE_AFTER_FREE:
        if (block.stretch)
            return "Free memory of " + size + " was written to, at offset " +
                   std::to_string(d.offset) + ".";
        return "A block of " + size + " was written to after it was freed" +
               (d.offset < 0 ? ", " + count(-d.offset, "byte") + " before its start."
                             : ", at offset " + std::to_string(d.offset) + ".");
    case SP_DAMAGE_DOUBLE_FREE:
        return "A block of " + size + " was freed twice: it is on the free lists twice.";
    default:
        return "The block at " + hexAddress(d.address) + ": " + d.reason + ".";
    }
}

} // namespace

std::string hexAddress(uint64_t address)
{
    char text[24];
    std::snprintf(text, sizeof text, "0x%" PRIx64, address);
    return text;
}

Damage metadataDamage(const char *what, uint64_t address, uint64_t size, uint64_t chunk,
                      const std::string &reason)
{
    Damage damage{};
    damage.kind = "metadata";
    damage.address = address;
    damage.size = size;
    damage.chunk = chunk;
    damage.message = std::string(what) + " at " + hexAddress(address) + ": " + reason + ".";
    return damage;
}

bool hasStacks(const SpBlock &block, uint32_t pid)
{
    constexpr uint32_t PROCESS_BITS = 0xffffff;
    return !block.process || block.process == (pid & PROCESS_BITS);
}

Damage walkerDamage(const SpDamage &d, uint64_t chunk, uint32_t pid)
{
    Damage damage =
        metadataDamage(d.structure ? d.structure : "The block", d.address, d.size, chunk, d.reason);
    damage.kind = kindName(d.kind);
    damage.offset = d.offset;
    damage.bytes = hexBytes(d.bytes, d.length);
    damage.bytesOffset = d.first;
    if (d.index == SP_NO_BLOCK)
        return damage;
    const SpBlock &block = d.block;
    bool freed = block.state != SP_RECORD_LIVE;
    damage.sequence = block.sequence;
    damage.pass = block.pass;
    damage.thread = freed ? block.free_thread : block.thread;
    if (hasStacks(block, pid)) {
        damage.allocStack = block.alloc_stack;
        damage.freeStack = freed ? block.free_stack : 0;
    }
    damage.message = sentence(d, block);
    return damage;
}

} // namespace spaces
