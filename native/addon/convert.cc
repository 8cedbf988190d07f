/** Conversions. Arguments that are not as the interface says are TypeErrors that name them. */
#include "convert.h"

#include <algorithm>

namespace spaces {

namespace {

[[noreturn]] void refuse(Napi::Env env, const std::string &what)
{
    throw Napi::TypeError::New(env, what);
}

/** One of a few words, as its place in the list. */
template <typename Enum>
Enum toWord(const Napi::Value &value, const char *what, std::initializer_list<const char *> words)
{
    std::string given = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
    std::string all;
    int place = 0;
    for (const char *word : words) {
        if (given == word)
            return static_cast<Enum>(place);
        all += std::string(all.empty() ? "" : ", ") + word;
        place++;
    }
    refuse(value.Env(), std::string(what) + " must be one of: " + all + ".");
}

} // namespace

Napi::Object toObject(const Napi::Value &value, const char *what)
{
    if (!value.IsObject())
        refuse(value.Env(), std::string(what) + " must be an object.");
    return value.As<Napi::Object>();
}

double toNumber(const Napi::Value &value, const char *what)
{
    double n = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (!(n >= 0))
        refuse(value.Env(), std::string(what) + " must be a number of at least 0.");
    return n;
}

uint64_t toCount(const Napi::Value &value, const char *what)
{
    return static_cast<uint64_t>(std::min(toNumber(value, what), 9007199254740991.0));
}

namespace {

Napi::Object fromChunk(Napi::Env env, const ChunkRow &chunk)
{
    const SpChunk &c = chunk.fields;
    bool heap = chunk.parent != 0;
    Napi::Object o = Napi::Object::New(env);
    o.Set("address", big(env, chunk.address));
    o.Set("kind", number(env, chunk.kind - SP_CHUNK_DEFAULT));
    o.Set("flags", number(env, c.flags));
    o.Set("liveCount", number(env, chunk.live.count));
    o.Set("liveBytes", number(env, chunk.live.bytes));
    o.Set("footprint", number(env, chunk.footprint));
    o.Set("peak", number(env, chunk.peak));
    o.Set("ceiling", number(env, heap ? SP_NO_LIMIT : c.ceiling));
    o.Set("floor", number(env, heap ? 0 : c.floor));
    o.Set("pageSize", number(env, c.page_size));
    o.Set("smallBlockSize", number(env, c.small_block_size));
    o.Set("blockSize", number(env, c.block_size));
    o.Set("thread", number(env, chunk.thread));
    o.Set("lockDepth", number(env, heap ? 0 : c.lock_depth));
    o.Set("createdStack", number(env, heap ? 0 : c.created_stack));
    o.Set("damaged", Napi::Boolean::New(env, chunk.damaged));
    o.Set("parent", big(env, chunk.parent));
    o.Set("footprintAt", big(env, chunk.footprintAt));
    o.Set("quarantined", number(env, heap ? 0 : c.quarantined));
    o.Set("freeBytes", number(env, c.free_bytes));
    o.Set("growIncrement", number(env, c.grow_increment));
    o.Set("maxSuballoc", number(env, c.max_suballoc));
    o.Set("maxSubchunks", number(env, c.max_subchunks));
    o.Set("smallAllocator", number(env, c.small_allocator));
    o.Set("serialized", Napi::Boolean::New(env, c.serialized != 0));
    o.Set("pageResizing", Napi::Boolean::New(env, c.page_resizing != 0));
    o.Set("key", number(env, heap ? 0 : c.key));
    return o;
}

} // namespace

uint64_t toAddress(const Napi::Value &value, const char *what)
{
    bool lossless = false;
    uint64_t address = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
    if (!lossless)
        refuse(value.Env(), std::string(what) + " must be a bigint of 64 bits.");
    return address;
}

uint64_t toOptionalAddress(const Napi::Value &value, const char *what)
{
    return value.IsUndefined() ? 0 : toAddress(value, what);
}

Query toQuery(const Napi::Value &value)
{
    Napi::Object o = toObject(value, "query");
    Query query;
    query.chunk = toOptionalAddress(o.Get("chunk"), "query.chunk");
    query.state = toWord<State>(o.Get("state"), "query.state", {"live", "free", "all"});
    query.sort = toWord<SortBy>(o.Get("sort"), "query.sort", {"address", "size", "age", "site"});
    query.descending = o.Get("descending").ToBoolean();
    query.damaged = o.Get("damaged").ToBoolean();
    if (!o.Get("minSize").IsUndefined())
        query.minSize = toNumber(o.Get("minSize"), "query.minSize");
    if (!o.Get("maxSize").IsUndefined())
        query.maxSize = toNumber(o.Get("maxSize"), "query.maxSize");
    if (!o.Get("address").IsUndefined())
        query.address = toAddress(o.Get("address"), "query.address");
    if (!o.Get("thread").IsUndefined())
        query.thread = static_cast<uint32_t>(toCount(o.Get("thread"), "query.thread"));
    if (!o.Get("type").IsUndefined())
        query.type = static_cast<uint32_t>(toCount(o.Get("type"), "query.type"));
    if (!o.Get("stacks").IsUndefined()) {
        query.stacks = toIds(o.Get("stacks"));
        std::sort(query.stacks->begin(), query.stacks->end());
    }
    return query;
}

std::optional<Query> toOptionalQuery(const Napi::Value &value)
{
    if (value.IsUndefined())
        return std::nullopt;
    return toQuery(value);
}

PageQuery toPageQuery(const Napi::Value &value)
{
    Napi::Object o = toObject(value, "query");
    PageQuery page;
    page.query = toQuery(value);
    page.start = toCount(o.Get("start"), "query.start");
    page.count = toCount(o.Get("count"), "query.count");
    return page;
}

GroupBy toGroupBy(const Napi::Value &value)
{
    return toWord<GroupBy>(value, "query.by", {"stack", "size", "type", "thread", "chunk"});
}

std::vector<uint64_t> toAddresses(const Napi::Value &value, const char *what)
{
    if (!value.IsTypedArray() ||
        value.As<Napi::TypedArray>().TypedArrayType() != napi_biguint64_array)
        refuse(value.Env(), std::string(what) + " must be a BigUint64Array.");
    auto array = value.As<Napi::BigUint64Array>();
    return std::vector<uint64_t>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<Range> toRanges(const Napi::Value &value)
{
    if (!value.IsArray())
        refuse(value.Env(), "ranges must be an array.");
    std::vector<Range> ranges;
    auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
        Napi::Object range = toObject(array.Get(i), "A range");
        ranges.push_back({toAddress(range.Get("address"), "range.address"),
                          toCount(range.Get("length"), "range.length")});
        if (ranges.back().length > UINT64_MAX - ranges.back().address)
            refuse(value.Env(), "A range goes beyond the end of the address space.");
    }
    return ranges;
}

std::vector<uint32_t> toIds(const Napi::Value &value)
{
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
        refuse(value.Env(), "Stack ids must be a Uint32Array.");
    auto array = value.As<Napi::Uint32Array>();
    return std::vector<uint32_t>(array.Data(), array.Data() + array.ElementLength());
}

Napi::Object fromSummary(Napi::Env env, const Summary &summary)
{
    const SpRoot &root = summary.root;
    uint32_t v = root.spaces_version;
    Napi::Object o = Napi::Object::New(env);
    o.Set("pid", number(env, root.pid));
    o.Set("debug", Napi::Boolean::New(env, root.debug != 0));
    o.Set("version", std::to_string(v >> 16 & 255) + "." + std::to_string(v >> 8 & 255) + "." +
                         std::to_string(v & 255));
    o.Set("heapTotal", number(env, root.heap_total));
    o.Set("heapLimit", number(env, root.heap_limit));
    o.Set("totalFree", number(env, root.total_free));
    o.Set("growIncrement", number(env, root.grow_increment));
    o.Set("freeBytes", number(env, root.free_bytes));
    o.Set("largeThreshold", number(env, root.large_threshold));
    o.Set("useMunmap", Napi::Boolean::New(env, root.use_munmap != 0));
    o.Set("coalesce", Napi::Boolean::New(env, root.coalesce != 0));
    Napi::Array chunks = Napi::Array::New(env, summary.chunks.size());
    for (uint32_t i = 0; i < summary.chunks.size(); i++)
        chunks.Set(i, fromChunk(env, summary.chunks[i]));
    o.Set("chunks", chunks);
    return o;
}

Napi::Object fromRows(Napi::Env env, uint64_t total, const std::vector<Row> &rows)
{
    size_t n = rows.size();
    Napi::Object o = Napi::Object::New(env);
    o.Set("total", number(env, total));
    o.Set("address",
          column<Napi::BigUint64Array>(env, n, [&](size_t i) { return rows[i].address; }));
    o.Set("size", column<Napi::Float64Array>(
                      env, n, [&](size_t i) { return static_cast<double>(rows[i].size); }));
    o.Set("requested", column<Napi::Float64Array>(env, n, [&](size_t i) {
              return static_cast<double>(rows[i].requested);
          }));
    o.Set("type", column<Napi::Uint8Array>(env, n, [&](size_t i) { return rows[i].type; }));
    o.Set("inUse", column<Napi::Uint8Array>(env, n, [&](size_t i) { return rows[i].inUse; }));
    o.Set("state", column<Napi::Uint8Array>(
                       env, n, [&](size_t i) { return static_cast<uint8_t>(rows[i].state); }));
    o.Set("age", column<Napi::Float64Array>(
                     env, n, [&](size_t i) { return static_cast<double>(rows[i].age); }));
    o.Set("damaged", column<Napi::Uint8Array>(env, n, [&](size_t i) { return rows[i].damaged; }));
    o.Set("chunk", column<Napi::BigUint64Array>(env, n, [&](size_t i) { return rows[i].chunk; }));
    o.Set("sequence", column<Napi::Float64Array>(
                          env, n, [&](size_t i) { return static_cast<double>(rows[i].sequence); }));
    o.Set("thread", column<Napi::Uint32Array>(env, n, [&](size_t i) { return rows[i].thread; }));
    o.Set("stack", column<Napi::Uint32Array>(env, n, [&](size_t i) { return rows[i].stack; }));
    return o;
}

Napi::Object fromDamage(Napi::Env env, const Damage &damage)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("kind", damage.kind);
    o.Set("address", big(env, damage.address));
    o.Set("size", number(env, damage.size));
    o.Set("offset", Napi::Number::New(env, static_cast<double>(damage.offset)));
    o.Set("chunk", big(env, damage.chunk));
    o.Set("sequence", number(env, damage.sequence));
    o.Set("pass", number(env, damage.pass));
    o.Set("thread", number(env, damage.thread));
    o.Set("allocStack", number(env, damage.allocStack));
    o.Set("freeStack", number(env, damage.freeStack));
    o.Set("message", damage.message);
    o.Set("bytes", damage.bytes);
    o.Set("bytesOffset", Napi::Number::New(env, static_cast<double>(damage.bytesOffset)));
    return o;
}

Napi::Object fromPage(Napi::Env env, const Page &page)
{
    Napi::Object o = fromRows(env, page.total, page.rows);
    o.Set("bytes", number(env, page.bytes));
    o.Set("all", number(env, page.all));
    return o;
}

Napi::Object fromGroups(Napi::Env env, const std::vector<Group> &groups)
{
    size_t n = groups.size();
    Napi::Object o = Napi::Object::New(env);
    o.Set("total", number(env, n));
    o.Set("key", column<Napi::Float64Array>(env, n, [&](size_t i) { return groups[i].key; }));
    o.Set("count", column<Napi::Float64Array>(
                       env, n, [&](size_t i) { return static_cast<double>(groups[i].count); }));
    o.Set("bytes", column<Napi::Float64Array>(
                       env, n, [&](size_t i) { return static_cast<double>(groups[i].bytes); }));
    return o;
}

Napi::Object fromChecked(Napi::Env env, const Checked &checked)
{
    Napi::Object o = Napi::Object::New(env);
    Napi::Array damage = Napi::Array::New(env, checked.damage.size());
    for (uint32_t i = 0; i < checked.damage.size(); i++)
        damage.Set(i, fromDamage(env, checked.damage[i]));
    o.Set("blocks", number(env, checked.blocks));
    o.Set("damage", damage);
    o.Set("totalDamage", number(env, checked.totalDamage));
    return o;
}

Napi::Object fromStacks(Napi::Env env, const Stacks &stacks)
{
    Napi::Object o = Napi::Object::New(env);
    Napi::Array frames = Napi::Array::New(env, stacks.size());
    for (uint32_t i = 0; i < stacks.size(); i++)
        frames.Set(i, column<Napi::BigUint64Array>(env, stacks[i].size(),
                                                   [&](size_t f) { return stacks[i][f]; }));
    o.Set("frames", frames);
    return o;
}

Napi::Object fromMissing(Napi::Env env, const std::vector<Range> &ranges)
{
    Napi::Object o = Napi::Object::New(env);
    Napi::Array missing = Napi::Array::New(env, ranges.size());
    for (uint32_t i = 0; i < ranges.size(); i++) {
        Napi::Object range = Napi::Object::New(env);
        range.Set("address", big(env, ranges[i].address));
        range.Set("length", number(env, ranges[i].length));
        missing.Set(i, range);
    }
    o.Set("missing", missing);
    return o;
}

} // namespace spaces
