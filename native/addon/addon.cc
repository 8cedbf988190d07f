/**
 * The module: class HeapReader, LAYOUT_VERSION and ROOT_MAGIC. Each method makes a job that runs
 * off the event loop; a reader's jobs run one after another, in the order of the calls.
 */
#include <napi.h>

#include <deque>
#include <functional>

#include "convert.h"

namespace spaces {

namespace {

/** A reader's jobs, of which the first one runs. Used on the event loop's thread only. */
class JobQueue {
public:
    explicit JobQueue(std::unique_ptr<Session> session) : session_(std::move(session)) {}

    Session &session() { return *session_; }

    void add(Napi::AsyncWorker *job)
    {
        waiting_.push_back(job);
        if (!busy_)
            next();
    }

    /** The running job is done. */
    void next()
    {
        busy_ = !waiting_.empty();
        if (busy_) {
            Napi::AsyncWorker *job = waiting_.front();
            waiting_.pop_front();
            job->Queue();
        } else if (closed_) {
            session_->release();
        }
    }

    void close()
    {
        closed_ = true;
        session_->close();
        if (!busy_)
            session_->release();
    }

private:
    std::unique_ptr<Session> session_;
    std::deque<Napi::AsyncWorker *> waiting_;
    bool busy_ = false;
    bool closed_ = false;
};

/** One question: asked on a worker thread, answered by a promise. */
template <typename Answer> class Job : public Napi::AsyncWorker {
public:
    using Ask = std::function<Answer(Session &)>;
    using Convert = Napi::Object (*)(Napi::Env, const Answer &);

    Job(Napi::Env env, std::shared_ptr<JobQueue> queue, Ask ask, Convert convert)
        : Napi::AsyncWorker(env), queue_(std::move(queue)), ask_(std::move(ask)), convert_(convert),
          question_(queue_->session().control().ask()), deferred_(Napi::Promise::Deferred::New(env))
    {
    }

    Napi::Promise promise() const { return deferred_.Promise(); }

    void Execute() override
    {
        Session &session = queue_->session();
        try {
            session.begin(question_);
            answer_ = ask_(session);
        } catch (const MissingBytes &) {
            missing_ = session.takeMissing();
        } catch (const ReaderError &error) {
            code_ = error.code();
            SetError(error.what());
        } catch (const std::bad_alloc &) {
            code_ = "SPACES_MEMORY";
            SetError("There is not enough memory to hold what is known about the heap.");
        }
    }

    void OnOK() override
    {
        Napi::HandleScope scope(Env());
        try {
            deferred_.Resolve(missing_.empty() ? convert_(Env(), answer_)
                                               : fromMissing(Env(), missing_));
        } catch (const Napi::Error &error) {
            deferred_.Reject(error.Value());
        }
        queue_->next();
    }

    void OnError(const Napi::Error &error) override
    {
        Napi::HandleScope scope(Env());
        Napi::Object value = error.Value();
        value.Set("code", code_);
        deferred_.Reject(value);
        queue_->next();
    }

private:
    std::shared_ptr<JobQueue> queue_;
    Ask ask_;
    Convert convert_;
    uint64_t question_;
    Napi::Promise::Deferred deferred_;
    Answer answer_{};
    std::vector<Range> missing_;
    std::string code_ = "SPACES_INTERNAL";
};

class HeapReader : public Napi::ObjectWrap<HeapReader> {
public:
    static Napi::Function define(Napi::Env env)
    {
        return DefineClass(env, "HeapReader",
                           {InstanceMethod<&HeapReader::invalidate>("invalidate"),
                            InstanceMethod<&HeapReader::provide>("provide"),
                            InstanceMethod<&HeapReader::summary>("summary"),
                            InstanceMethod<&HeapReader::entries>("entries"),
                            InstanceMethod<&HeapReader::groups>("groups"),
                            InstanceMethod<&HeapReader::locate>("locate"),
                            InstanceMethod<&HeapReader::check>("check"),
                            InstanceMethod<&HeapReader::stacks>("stacks"),
                            InstanceMethod<&HeapReader::leaks>("leaks"),
                            InstanceMethod<&HeapReader::tables>("tables"),
                            InstanceMethod<&HeapReader::block>("block"),
                            InstanceMethod<&HeapReader::slab>("slab"),
                            InstanceMethod<&HeapReader::picture>("picture"),
                            InstanceMethod<&HeapReader::snapshot>("snapshot"),
                            InstanceMethod<&HeapReader::drop>("drop"),
                            InstanceMethod<&HeapReader::diff>("diff"),
                            InstanceMethod<&HeapReader::gauges>("gauges"),
                            InstanceMethod<&HeapReader::search>("search"),
                            InstanceMethod<&HeapReader::interrupt>("interrupt"),
                            InstanceMethod<&HeapReader::progress>("progress"),
                            InstanceMethod<&HeapReader::close>("close")});
    }

    explicit HeapReader(const Napi::CallbackInfo &info) : Napi::ObjectWrap<HeapReader>(info)
    {
        uint64_t root = toAddress(info[1], "root");
        auto memory = toMemory(info[0]);
        queue_ = std::make_shared<JobQueue>(std::make_unique<Session>(std::move(memory), root));
    }

private:
    template <typename Answer>
    Napi::Value ask(Napi::Env env, typename Job<Answer>::Ask ask,
                    typename Job<Answer>::Convert convert)
    {
        auto *job = new Job<Answer>(env, queue_, std::move(ask), convert);
        Napi::Promise promise = job->promise();
        queue_->add(job);
        return promise;
    }

    void invalidate(const Napi::CallbackInfo &) { queue_->session().invalidate(); }

    void provide(const Napi::CallbackInfo &info)
    {
        uint64_t address = toAddress(info[0], "address");
        if (!info[1].IsTypedArray() ||
            info[1].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
            throw Napi::TypeError::New(info.Env(), "bytes must be a Uint8Array.");
        auto bytes = info[1].As<Napi::Uint8Array>();
        if (bytes.ByteLength() > UINT64_MAX - address)
            throw Napi::RangeError::New(info.Env(),
                                        "bytes go beyond the end of the address space.");
        queue_->session().provide(
            address, std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength()));
    }

    Napi::Value summary(const Napi::CallbackInfo &info)
    {
        return ask<Summary>(
            info.Env(), [](Session &s) { return s.summary(); }, fromSummary);
    }

    Napi::Value entries(const Napi::CallbackInfo &info)
    {
        PageQuery page = toPageQuery(info[0]);
        return ask<Page>(
            info.Env(),
            [page = std::move(page)](Session &s) {
                return s.entries(page.query, page.start, page.count);
            },
            fromPage);
    }

    Napi::Value groups(const Napi::CallbackInfo &info)
    {
        if (!info[0].IsObject())
            throw Napi::TypeError::New(info.Env(), "query must be an object.");
        auto query = info[0].As<Napi::Object>();
        uint64_t chunk = toOptionalAddress(query.Get("chunk"), "query.chunk");
        GroupBy by = toGroupBy(query.Get("by"));
        return ask<std::vector<Group>>(
            info.Env(), [chunk, by](Session &s) { return s.groups(chunk, by); }, fromGroups);
    }

    Napi::Value locate(const Napi::CallbackInfo &info)
    {
        std::vector<uint64_t> addresses = toAddresses(info[0], "addresses");
        return ask<std::vector<Location>>(
            info.Env(),
            [addresses = std::move(addresses)](Session &s) { return s.locate(addresses); },
            fromLocations);
    }

    Napi::Value block(const Napi::CallbackInfo &info)
    {
        uint64_t address = toAddress(info[0], "address");
        uint64_t start = toCount(info[1], "start"), count = toCount(info[2], "count");
        return ask<BlockView>(
            info.Env(),
            [address, start, count](Session &s) { return s.block(address, start, count); },
            fromBlock);
    }

    Napi::Value slab(const Napi::CallbackInfo &info)
    {
        uint64_t address = toAddress(info[0], "address");
        uint64_t start = toCount(info[1], "start"), count = toCount(info[2], "count");
        std::optional<Query> find = toOptionalQuery(info[3]);
        return ask<SlabView>(
            info.Env(),
            [address, start, count, find = std::move(find)](Session &s) {
                return s.slab(address, find, start, count);
            },
            fromSlab);
    }

    Napi::Value picture(const Napi::CallbackInfo &info)
    {
        uint64_t owner = toOptionalAddress(info[0], "chunk");
        Section section{toCount(info[1], "start"), toCount(info[2], "count"),
                        toCount(info[3], "cells")};
        if (!section.cells)
            throw Napi::RangeError::New(info.Env(), "cells must be at least 1.");
        std::optional<Query> find = toOptionalQuery(info[4]);
        return ask<Picture>(
            info.Env(),
            [owner, section, find = std::move(find)](Session &s) {
                return s.picture(owner, find, section);
            },
            fromPicture);
    }

    Napi::Value snapshot(const Napi::CallbackInfo &info)
    {
        return ask<Taken>(
            info.Env(), [](Session &s) { return s.snapshot(); }, fromTaken);
    }

    Napi::Value drop(const Napi::CallbackInfo &info)
    {
        auto id = static_cast<uint32_t>(toCount(info[0], "id"));
        return ask<bool>(
            info.Env(), [id](Session &s) { return s.drop(id); }, fromDropped);
    }

    Napi::Value diff(const Napi::CallbackInfo &info)
    {
        auto from = static_cast<uint32_t>(toCount(info[0], "from"));
        auto to = static_cast<uint32_t>(toCount(info[1], "to"));
        GroupBy by = toGroupBy(info[2]);
        uint64_t owner = toOptionalAddress(info[3], "chunk");
        return ask<std::vector<Change>>(
            info.Env(), [from, to, by, owner](Session &s) { return s.diff(from, to, owner, by); },
            fromChanges);
    }

    Napi::Value gauges(const Napi::CallbackInfo &info)
    {
        return ask<Summary>(
            info.Env(), [](Session &s) { return s.gauges(); }, fromSummary);
    }

    Napi::Value search(const Napi::CallbackInfo &info)
    {
        std::vector<Range> ranges = toRanges(info[0]);
        std::vector<uint64_t> words = toAddresses(info[1], "words");
        uint64_t most = toCount(info[2], "most");
        return ask<std::vector<Hit>>(
            info.Env(),
            [ranges = std::move(ranges), words = std::move(words), most](Session &s) {
                return s.search(ranges, words, most);
            },
            fromHits);
    }

    Napi::Value check(const Napi::CallbackInfo &info)
    {
        uint64_t chunk = toOptionalAddress(info[0], "chunk");
        return ask<Checked>(
            info.Env(), [chunk](Session &s) { return s.check(chunk); }, fromChecked);
    }

    Napi::Value leaks(const Napi::CallbackInfo &info)
    {
        Roots roots = toRoots(info[0]);
        uint64_t owner = toOptionalAddress(info[1], "chunk");
        auto since = info[2].IsUndefined() ? 0 : static_cast<uint32_t>(toCount(info[2], "since"));
        return ask<LeakReport>(
            info.Env(),
            [roots = std::move(roots), owner, since](Session &s) {
                return s.leaks(roots, owner, since);
            },
            fromLeaks);
    }

    Napi::Value tables(const Napi::CallbackInfo &info)
    {
        std::vector<uint64_t> blocks = toAddresses(info[0], "blocks");
        Roots files;
        files.constants = toRanges(info[1]);
        files.code = toRanges(info[2]);
        return ask<std::vector<uint64_t>>(
            info.Env(),
            [blocks = std::move(blocks), files = std::move(files)](Session &s) {
                return s.tables(blocks, files);
            },
            fromTables);
    }

    Napi::Value stacks(const Napi::CallbackInfo &info)
    {
        std::vector<uint32_t> ids = toIds(info[0]);
        return ask<Stacks>(
            info.Env(), [ids = std::move(ids)](Session &s) { return s.stacks(ids); }, fromStacks);
    }

    void interrupt(const Napi::CallbackInfo &) { queue_->session().control().interrupt(); }

    Napi::Value progress(const Napi::CallbackInfo &info)
    {
        const Control &control = queue_->session().control();
        Napi::Object o = Napi::Object::New(info.Env());
        o.Set("done", Napi::Number::New(info.Env(), static_cast<double>(control.done())));
        o.Set("total", Napi::Number::New(info.Env(), static_cast<double>(control.total())));
        return o;
    }

    void close(const Napi::CallbackInfo &) { queue_->close(); }

    std::shared_ptr<JobQueue> queue_;
};

Napi::Object initialise(Napi::Env env, Napi::Object exports)
{
    exports.Set("HeapReader", HeapReader::define(env));
    exports.Set("LAYOUT_VERSION", Napi::Number::New(env, SP_LAYOUT_VERSION));
    exports.Set("ROOT_MAGIC", big(env, SP_ROOT_MAGIC));
    Napi::Object fills = Napi::Object::New(env);
    fills.Set("fresh", Napi::Number::New(env, SP_FILL_NEW));
    fills.Set("freed", Napi::Number::New(env, SP_FILL_FREED));
    fills.Set("front", Napi::Number::New(env, SP_FILL_FRONT));
    fills.Set("back", Napi::Number::New(env, SP_FILL_BACK));
    exports.Set("FILLS", fills);
    return exports;
}

} // namespace

} // namespace spaces

static Napi::Object initialiseModule(Napi::Env env, Napi::Object exports)
{
    return spaces::initialise(env, exports);
}

NODE_API_MODULE(spaces_reader, initialiseModule)
