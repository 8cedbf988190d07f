/** A reader's source of memory: { pid }, { files } or { image: true }. */

#include "convert.h"

namespace spaces {

namespace {

constexpr const char *SHAPE = "source must be { pid }, { files } or { image: true }.";

[[noreturn]] void refuse(Napi::Env env, const std::string &message)
{
    throw Napi::TypeError::New(env, message);
}

std::vector<FileRange> toFileRanges(const Napi::Value &value)
{
    if (!value.IsArray())
        refuse(value.Env(), "A file's ranges must be an array.");
    std::vector<FileRange> ranges;
    auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) {
        Napi::Value element = array.Get(i);
        if (!element.IsObject())
            refuse(value.Env(), "A file's range must be an object.");
        auto range = element.As<Napi::Object>();
        ranges.push_back({toAddress(range.Get("address"), "range.address"),
                          toCount(range.Get("length"), "range.length"),
                          toCount(range.Get("offset"), "range.offset")});
        if (ranges.back().length > UINT64_MAX - ranges.back().address)
            refuse(value.Env(), "A range goes beyond the end of the address space.");
    }
    return ranges;
}

std::vector<FilePart> toFiles(const Napi::Array &array)
{
    std::vector<FilePart> parts;
    for (uint32_t i = 0; i < array.Length(); i++) {
        Napi::Value element = array.Get(i);
        if (!element.IsObject() || !element.As<Napi::Object>().Get("path").IsString())
            refuse(array.Env(), "A file must be { path, ranges }.");
        auto file = element.As<Napi::Object>();
        parts.push_back(
            {file.Get("path").As<Napi::String>().Utf8Value(), toFileRanges(file.Get("ranges"))});
    }
    return parts;
}

} // namespace

std::unique_ptr<Memory> toMemory(const Napi::Value &value)
{
    Napi::Env env = value.Env();
    if (!value.IsObject())
        refuse(env, SHAPE);
    auto source = value.As<Napi::Object>();
    Napi::Value pid = source.Get("pid"), files = source.Get("files");
    bool image = source.Get("image").ToBoolean();
    if (image + pid.IsNumber() + files.IsArray() != 1)
        refuse(env, SHAPE);
    try {
        if (image)
            return openImage();
        if (files.IsArray())
            return openFiles(toFiles(files.As<Napi::Array>()));
    } catch (const ReaderError &error) {
        Napi::Error wrapped = Napi::Error::New(env, error.what());
        wrapped.Set("code", Napi::String::New(env, error.code()));
        throw wrapped;
    }
    if (pid.As<Napi::Number>().Int32Value() <= 0)
        throw Napi::RangeError::New(env, "source.pid must be the id of a process.");
    return openProcess(pid.As<Napi::Number>().Int32Value());
}

} // namespace spaces
