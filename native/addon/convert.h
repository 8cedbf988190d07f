/** Between values of JavaScript and those of the reader: arguments in, answers out. */
#ifndef SPACES_ADDON_CONVERT_H
#define SPACES_ADDON_CONVERT_H

#include <napi.h>

#include "session.h"

namespace spaces {

/** An address: a bigint of 64 bits. `what` names it in the TypeError. */
uint64_t toAddress(const Napi::Value &value, const char *what);
/** An optional address; 0 where it is absent. */
uint64_t toOptionalAddress(const Napi::Value &value, const char *what);

/** A number of at least 0, and a whole one. */
double toNumber(const Napi::Value &value, const char *what);
uint64_t toCount(const Napi::Value &value, const char *what);
std::vector<uint64_t> toAddresses(const Napi::Value &value, const char *what);
std::vector<Range> toRanges(const Napi::Value &value);
/** Where a reader is to read: { pid }, { files } or { image: true }. */
std::unique_ptr<Memory> toMemory(const Napi::Value &value);
/** `what` names it in the TypeError. */
Napi::Object toObject(const Napi::Value &value, const char *what);

inline Napi::BigInt big(Napi::Env env, uint64_t value)
{
    return Napi::BigInt::New(env, value);
}

inline Napi::Number number(Napi::Env env, uint64_t value)
{
    return Napi::Number::New(env, static_cast<double>(value));
}

/** A typed array filled by a function of the index. */
template <typename Array, typename Get> Array column(Napi::Env env, size_t length, Get get)
{
    Array array = Array::New(env, length);
    for (size_t i = 0; i < length; i++)
        array[i] = get(i);
    return array;
}

/** Which entries, and their order. */
Query toQuery(const Napi::Value &value);
/** Absent where the value is undefined. */
std::optional<Query> toOptionalQuery(const Napi::Value &value);

/** A RawQuery: which entries, and which page of them. */
struct PageQuery {
    Query query;
    uint64_t start;
    uint64_t count;
};
PageQuery toPageQuery(const Napi::Value &value);
GroupBy toGroupBy(const Napi::Value &value);
Roots toRoots(const Napi::Value &value);
std::vector<uint32_t> toIds(const Napi::Value &value);

Napi::Object fromSummary(Napi::Env env, const Summary &summary);
Napi::Object fromPage(Napi::Env env, const Page &page);
Napi::Object fromGroups(Napi::Env env, const std::vector<Group> &groups);
Napi::Object fromRows(Napi::Env env, uint64_t total, const std::vector<Row> &rows);
Napi::Object fromDamage(Napi::Env env, const Damage &damage);
Napi::Object fromLocations(Napi::Env env, const std::vector<Location> &locations);
Napi::Object fromBlock(Napi::Env env, const BlockView &view);
Napi::Object fromSlab(Napi::Env env, const SlabView &view);
Napi::Object fromPicture(Napi::Env env, const Picture &picture);
Napi::Object fromTaken(Napi::Env env, const Taken &taken);
Napi::Object fromDropped(Napi::Env env, const bool &dropped);
Napi::Object fromChanges(Napi::Env env, const std::vector<Change> &changes);
Napi::Object fromHits(Napi::Env env, const std::vector<Hit> &hits);
Napi::Object fromLeaks(Napi::Env env, const LeakReport &report);
Napi::Object fromTables(Napi::Env env, const std::vector<uint64_t> &tables);
Napi::Object fromChecked(Napi::Env env, const Checked &checked);
Napi::Object fromStacks(Napi::Env env, const Stacks &stacks);
Napi::Object fromMissing(Napi::Env env, const std::vector<Range> &ranges);

} // namespace spaces

#endif
