/** What a search for lost blocks is given, and what it found. */
#include "convert.h"

namespace spaces {

Roots toRoots(const Napi::Value &value)
{
    Napi::Object o = toObject(value, "roots");
    Roots roots;
    std::vector<Range> ranges = toRanges(o.Get("ranges"));
    auto array = o.Get("ranges").As<Napi::Array>();
    for (uint32_t i = 0; i < ranges.size(); i++) {
        Napi::Object range = toObject(array.Get(i), "A range");
        roots.ranges.push_back({ranges[i].address, ranges[i].length,
                                range.Get("sparse").ToBoolean(), range.Get("stack").ToBoolean()});
    }
    roots.registers = toAddresses(o.Get("registers"), "roots.registers");
    roots.stackPointers = toAddresses(o.Get("stackPointers"), "roots.stackPointers");
    roots.everyThread = o.Get("everyThread").ToBoolean();
    roots.constants = toRanges(o.Get("constants"));
    roots.code = toRanges(o.Get("code"));
    return roots;
}

Napi::Object fromLeaks(Napi::Env env, const LeakReport &report)
{
    const std::vector<LeakRecord> &records = report.records;
    Napi::Object o = Napi::Object::New(env);
    auto numbers = [&](const char *name, auto get) {
        o.Set(name, column<Napi::Float64Array>(env, records.size(), [&](size_t i) {
                  return static_cast<double>(get(records[i]));
              }));
    };
    o.Set("classCount", column<Napi::Float64Array>(env, REACHES, [&](size_t i) {
              return static_cast<double>(report.classes[i].count);
          }));
    o.Set("classBytes", column<Napi::Float64Array>(env, REACHES, [&](size_t i) {
              return static_cast<double>(report.classes[i].bytes);
          }));
    o.Set("reach", column<Napi::Uint8Array>(env, records.size(), [&](size_t i) {
              return static_cast<uint8_t>(records[i].reach);
          }));
    o.Set("stack", column<Napi::Uint32Array>(env, records.size(),
                                             [&](size_t i) { return records[i].stack; }));
    o.Set("chunk", column<Napi::BigUint64Array>(env, records.size(),
                                                [&](size_t i) { return records[i].chunk; }));
    numbers("size", [](const LeakRecord &r) { return r.size; });
    numbers("count", [](const LeakRecord &r) { return r.own.count; });
    numbers("bytes", [](const LeakRecord &r) { return r.own.bytes; });
    numbers("indirectCount", [](const LeakRecord &r) { return r.indirect.count; });
    numbers("indirectBytes", [](const LeakRecord &r) { return r.indirect.bytes; });
    numbers("youngCount", [](const LeakRecord &r) { return r.young.count; });
    numbers("youngBytes", [](const LeakRecord &r) { return r.young.bytes; });
    numbers("grown", [](const LeakRecord &r) { return r.grown; });
    Napi::Array examples = Napi::Array::New(env, records.size());
    for (uint32_t i = 0; i < records.size(); i++)
        examples.Set(
            i, column<Napi::BigUint64Array>(env, records[i].examples.size(),
                                            [&](size_t e) { return records[i].examples[e]; }));
    o.Set("examples", examples);
    return o;
}

Napi::Object fromTables(Napi::Env env, const std::vector<uint64_t> &tables)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("table",
          column<Napi::BigUint64Array>(env, tables.size(), [&](size_t i) { return tables[i]; }));
    return o;
}

} // namespace spaces
