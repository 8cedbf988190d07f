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

/** A RawQuery: which entries, and which page of them. */
struct PageQuery {
    Query query;
    uint64_t start;
    uint64_t count;
};
PageQuery toPageQuery(const Napi::Value &value);
GroupBy toGroupBy(const Napi::Value &value);
std::vector<uint32_t> toIds(const Napi::Value &value);

Napi::Object fromSummary(Napi::Env env, const Summary &summary);
Napi::Object fromPage(Napi::Env env, const Page &page);
Napi::Object fromGroups(Napi::Env env, const std::vector<Group> &groups);
Napi::Object fromLocation(Napi::Env env, const Location &location);
Napi::Object fromChecked(Napi::Env env, const Checked &checked);
Napi::Object fromStacks(Napi::Env env, const Stacks &stacks);
Napi::Object fromMissing(Napi::Env env, const std::vector<Range> &ranges);

} // namespace spaces

#endif
