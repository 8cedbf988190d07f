/** Answers about addresses, blocks, pictures and snapshots, as columns. */
#include "convert.h"

namespace spaces {

namespace {

template <typename Rows, typename Get>
Napi::Float64Array numbers(Napi::Env env, const Rows &rows, Get get)
{
    return column<Napi::Float64Array>(env, rows.size(),
                                      [&](size_t i) { return static_cast<double>(get(rows[i])); });
}

template <typename Rows, typename Get>
Napi::BigUint64Array addresses(Napi::Env env, const Rows &rows, Get get)
{
    return column<Napi::BigUint64Array>(env, rows.size(), [&](size_t i) { return get(rows[i]); });
}

template <typename Rows, typename Get>
Napi::Uint8Array bytes(Napi::Env env, const Rows &rows, Get get)
{
    return column<Napi::Uint8Array>(env, rows.size(),
                                    [&](size_t i) { return static_cast<uint8_t>(get(rows[i])); });
}

template <typename Rows, typename Get>
Napi::Uint32Array words(Napi::Env env, const Rows &rows, Get get)
{
    return column<Napi::Uint32Array>(env, rows.size(),
                                     [&](size_t i) { return static_cast<uint32_t>(get(rows[i])); });
}

} // namespace

Napi::Object fromLocations(Napi::Env env, const std::vector<Location> &locations)
{
    std::vector<Row> rows;
    for (const Location &location : locations)
        rows.push_back(location.row);
    Napi::Object o = Napi::Object::New(env);
    o.Set("verdict", bytes(env, locations, [](const Location &l) { return l.verdict; }));
    o.Set("offset", numbers(env, locations, [](const Location &l) { return l.offset; }));
    o.Set("freeStack", words(env, locations, [](const Location &l) { return l.freeStack; }));
    o.Set("freeThread", words(env, locations, [](const Location &l) { return l.freeThread; }));
    o.Set("entries", fromRows(env, rows.size(), rows));
    return o;
}

Napi::Object fromBlock(Napi::Env env, const BlockView &view)
{
    std::vector<Row> around;
    if (view.previous)
        around.push_back(*view.previous);
    if (view.next)
        around.push_back(*view.next);
    Napi::Object o = Napi::Object::New(env);
    o.Set("location", fromLocations(env, {view.location}));
    o.Set("from", big(env, view.from));
    o.Set("length", number(env, view.length));
    o.Set("front", number(env, view.front));
    o.Set("redzones", Napi::Boolean::New(env, view.known));
    o.Set("start", number(env, view.start));
    o.Set("bytes", Napi::Buffer<uint8_t>::Copy(env, view.bytes.data(), view.bytes.size()));
    if (view.damage)
        o.Set("damage", fromDamage(env, *view.damage));
    o.Set("neighbours", fromRows(env, around.size(), around));
    o.Set("hasPrevious", Napi::Boolean::New(env, view.previous.has_value()));
    o.Set("hasNext", Napi::Boolean::New(env, view.next.has_value()));
    o.Set("gapBefore", number(env, view.gapBefore));
    o.Set("gapAfter", number(env, view.gapAfter));
    return o;
}

Napi::Object fromSlab(Napi::Env env, const SlabView &view)
{
    const auto &blocks = view.blocks;
    Napi::Object o = Napi::Object::New(env);
    o.Set("address", big(env, view.address));
    o.Set("bytes", number(env, view.bytes));
    o.Set("carved", number(env, view.carved));
    o.Set("kind", number(env, static_cast<uint64_t>(view.kind)));
    o.Set("blockSize", number(env, view.blockSize));
    o.Set("chunk", big(env, view.chunk));
    o.Set("thread", number(env, view.thread));
    o.Set("damaged", Napi::Boolean::New(env, view.damaged));
    o.Set("total", number(env, view.total));
    o.Set("blockAddress", addresses(env, blocks, [](const SlabBlock &b) { return b.address; }));
    o.Set("blockStart", numbers(env, blocks, [](const SlabBlock &b) { return b.start; }));
    o.Set("blockLength", numbers(env, blocks, [](const SlabBlock &b) { return b.length; }));
    o.Set("blockBytes", numbers(env, blocks, [](const SlabBlock &b) { return b.size; }));
    o.Set("blockState", bytes(env, blocks, [](const SlabBlock &b) { return b.state; }));
    o.Set("blockDamaged", bytes(env, blocks, [](const SlabBlock &b) { return b.damaged; }));
    o.Set("blockHit", bytes(env, blocks, [](const SlabBlock &b) { return b.hit; }));
    return o;
}

Napi::Object fromPicture(Napi::Env env, const Picture &picture)
{
    const auto &cells = picture.cells;
    Napi::Object o = Napi::Object::New(env);
    o.Set("total", number(env, picture.total));
    o.Set("slabBytes", number(env, SP_SLAB_SIZE));
    o.Set("start", number(env, picture.start));
    o.Set("count", number(env, picture.count));
    o.Set("cellStart", numbers(env, cells, [](const Cell &c) { return c.start; }));
    o.Set("cellCount", numbers(env, cells, [](const Cell &c) { return c.count; }));
    o.Set("address", addresses(env, cells, [](const Cell &c) { return c.address; }));
    o.Set("used", numbers(env, cells, [](const Cell &c) { return c.used; }));
    o.Set("liveCount", numbers(env, cells, [](const Cell &c) { return c.live.count; }));
    o.Set("liveBytes", numbers(env, cells, [](const Cell &c) { return c.live.bytes; }));
    o.Set("kind", bytes(env, cells, [](const Cell &c) { return c.kind; }));
    o.Set("blockSize", numbers(env, cells, [](const Cell &c) { return c.blockSize; }));
    o.Set("chunk", addresses(env, cells, [](const Cell &c) { return c.chunk; }));
    o.Set("chunks", words(env, cells, [](const Cell &c) { return c.chunks; }));
    o.Set("damaged", bytes(env, cells, [](const Cell &c) { return c.damaged; }));
    o.Set("hits", numbers(env, cells, [](const Cell &c) { return c.hits; }));
    const auto &stretches = picture.stretches;
    o.Set("segmentStart", numbers(env, stretches, [](const Stretch &s) { return s.start; }));
    o.Set("segmentAddress", addresses(env, stretches, [](const Stretch &s) { return s.address; }));
    o.Set("segmentSlabs", numbers(env, stretches, [](const Stretch &s) { return s.slabs; }));
    return o;
}

Napi::Object fromTaken(Napi::Env env, const Taken &taken)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("id", number(env, taken.id));
    o.Set("count", number(env, taken.live.count));
    o.Set("bytes", number(env, taken.live.bytes));
    o.Set("memory", number(env, taken.memory));
    return o;
}

Napi::Object fromDropped(Napi::Env env, const bool &dropped)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("dropped", Napi::Boolean::New(env, dropped));
    return o;
}

Napi::Object fromChanges(Napi::Env env, const std::vector<Change> &changes)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("key", numbers(env, changes, [](const Change &c) { return c.key; }));
    struct Part {
        const char *count, *bytes;
        Totals Change::*totals;
    };
    const Part parts[] = {{"beforeCount", "beforeBytes", &Change::before},
                          {"afterCount", "afterBytes", &Change::after},
                          {"allocatedCount", "allocatedBytes", &Change::allocated},
                          {"freedCount", "freedBytes", &Change::freed}};
    for (const Part &part : parts) {
        o.Set(part.count,
              numbers(env, changes, [&](const Change &c) { return (c.*part.totals).count; }));
        o.Set(part.bytes,
              numbers(env, changes, [&](const Change &c) { return (c.*part.totals).bytes; }));
    }
    return o;
}

Napi::Object fromHits(Napi::Env env, const std::vector<Hit> &hits)
{
    Napi::Object o = Napi::Object::New(env);
    o.Set("address", addresses(env, hits, [](const Hit &hit) { return hit.address; }));
    o.Set("word", words(env, hits, [](const Hit &hit) { return hit.word; }));
    return o;
}

} // namespace spaces
