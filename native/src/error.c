/* error.c - see error.h. */
#include "error.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "chunk.h"
#include "depot.h"
#include "format.h"
#include "os.h"
#include "root.h"
#include "settings.h"
#include "unwind.h"

/* Reports of a kind that are sent; a program that fails in a loop is not slowed down for ever. */
#define MAX_REPORTS 1000u

static const char *const kind_names[] = {"double-free",     "invalid-free", "write-after-free",
                                         "use-after-free",  "overflow",     "underflow",
                                         "mismatched-free", "wrong-thread", "metadata",
                                         "ceiling",         "heap-limit",   "out-of-memory",
                                         "bad-argument",    "leak"};

static uint32_t sent[SP_KIND_LEAK + 1];
static SpacesErrorFn handler = spaces_default_error_handler;
/* In a handler: errors that it causes itself are returned, not raised. */
static SP_TLS bool handling;

static SP_TLS struct {
    SpChunk *chunk;
    const void *block;
    uint64_t size;
} deferred;

SpKind sp_error_kind(SpacesErrorCode code)
{
    switch (code) {
    case SPACES_ERR_EXCEEDED_CEILING:
        return SP_KIND_CEILING;
    case SPACES_ERR_EXCEEDED_HEAP_LIMIT:
        return SP_KIND_HEAP_LIMIT;
    case SPACES_ERR_OUT_OF_MEMORY:
    case SPACES_ERR_TOO_MANY_PAGES:
    case SPACES_ERR_TOO_MANY_TASKS:
        return SP_KIND_OUT_OF_MEMORY;
    case SPACES_ERR_BAD_CHUNK:
        return SP_KIND_METADATA;
    default:
        return SP_KIND_BAD_ARGUMENT;
    }
}

/* ---- the sentence --------------------------------------------------------- */

static void add_block(SpText *text, const SpError *e)
{
    sp_text_add(text, "block of ");
    sp_text_add_unsigned(text, e->size);
    sp_text_add(text, e->size == 1 ? " byte at " : " bytes at ");
    sp_text_add_hex(text, (uintptr_t)e->address);
}

static void add_function(SpText *text, const SpError *e)
{
    if (e->function) {
        sp_text_add(text, e->function);
        sp_text_add(text, ": ");
    }
}

static void add_request(SpText *text, const SpError *e, const char *problem)
{
    uint64_t size = e->size ? e->size : e->arg_size;
    add_function(text, e);
    sp_text_add(text, "a request for ");
    sp_text_add_unsigned(text, size);
    sp_text_add(text, size == 1 ? " byte " : " bytes ");
    sp_text_add(text, problem);
}

static const char *why_no_memory(SpacesErrorCode code)
{
    switch (code) {
    case SPACES_ERR_TOO_MANY_PAGES:
        return "failed: the table of segments is full; fewer, larger blocks need fewer of them";
    case SPACES_ERR_TOO_MANY_TASKS:
        return "failed: the table of chunks is full; destroy some first";
    default:
        return "failed: the system gives no more memory";
    }
}

static void add_bytes_away(SpText *text, uint64_t bytes, const char *where)
{
    sp_text_add(text, ": ");
    sp_text_add_unsigned(text, bytes);
    sp_text_add(text, bytes == 1 ? " byte " : " bytes ");
    sp_text_add(text, where);
}

/* "memcpy writes 100 bytes at offset 0 of the block of 50 bytes at 0x..: 50 bytes past its end" */
static void add_access(SpText *text, const SpError *e)
{
    bool reads = e->access == SP_ACCESS_READ, freed = e->kind == SP_KIND_USE_AFTER_FREE;
    if (e->function) {
        sp_text_add(text, e->function);
        sp_text_add(text, reads ? " reads " : " writes ");
        sp_text_add_unsigned(text, e->access_size);
        sp_text_add(text, e->access_size == 1 ? " byte" : " bytes");
    } else {
        sp_text_add(text, reads ? "a read" : "a write");
    }
    sp_text_add(text, " at offset ");
    sp_text_add_decimal(text, e->access_offset);
    sp_text_add(text, freed ? " of the freed " : " of the ");
    add_block(text, e);
    int64_t end = e->access_offset + (int64_t)e->access_size - (int64_t)e->size;
    if (e->kind == SP_KIND_OVERFLOW)
        add_bytes_away(text, (uint64_t)end, "past its end");
    else if (e->kind == SP_KIND_UNDERFLOW)
        add_bytes_away(text, 0 - (uint64_t)e->access_offset, "before its start");
}

static void compose(SpText *text, const SpError *e)
{
    if (e->access) {
        sp_text_add(text, e->kind == SP_KIND_OVERFLOW    ? "Overflow: "
                          : e->kind == SP_KIND_UNDERFLOW ? "Underflow: "
                                                         : "Use after free: ");
        add_access(text, e);
        return;
    }
    switch (e->kind) {
    case SP_KIND_DOUBLE_FREE:
        sp_text_add(text, "Double free: the ");
        add_block(text, e);
        sp_text_add(text, " has already been freed");
        break;
    case SP_KIND_INVALID_FREE:
        sp_text_add(text, "Invalid free: ");
        sp_text_add_hex(text, (uintptr_t)e->arg_ptr);
        if (e->offset && e->address != e->arg_ptr) {
            sp_text_add(text, " lies ");
            sp_text_add_decimal(text, e->offset);
            sp_text_add(text, " bytes inside the ");
            add_block(text, e);
        } else {
            sp_text_add(text, " is not the address of a block");
        }
        break;
    case SP_KIND_WRITE_AFTER_FREE:
        sp_text_add(text, "Write after free: the freed ");
        add_block(text, e);
        sp_text_add(text, " was written at offset ");
        sp_text_add_decimal(text, e->offset);
        break;
    case SP_KIND_USE_AFTER_FREE: /* always an access */
        break;
    case SP_KIND_OVERFLOW:
        sp_text_add(text, "Overflow: the ");
        add_block(text, e);
        sp_text_add(text, " was written past its end, at offset ");
        sp_text_add_decimal(text, e->offset);
        break;
    case SP_KIND_UNDERFLOW:
        sp_text_add(text, "Underflow: the ");
        add_block(text, e);
        sp_text_add(text, " was written before its start, at offset ");
        sp_text_add_decimal(text, e->offset);
        break;
    case SP_KIND_MISMATCHED_FREE:
        sp_text_add(text, "Mismatched free: the ");
        add_block(text, e);
        break;
    case SP_KIND_WRONG_THREAD:
        sp_text_add(text, "Wrong thread: the ");
        add_block(text, e);
        sp_text_add(text, " belongs to another thread's exclusive chunk");
        break;
    case SP_KIND_METADATA:
        add_function(text, e);
        sp_text_add(text, e->address ? "damaged heap metadata at " : "no such chunk: ");
        sp_text_add_hex(text, (uintptr_t)(e->address ? e->address : (const void *)e->arg_chunk));
        break;
    case SP_KIND_CEILING:
        add_request(text, e, "would exceed the chunk's ceiling of ");
        sp_text_add_unsigned(text, e->chunk ? e->chunk->ceiling : 0);
        sp_text_add(text, " bytes");
        break;
    case SP_KIND_HEAP_LIMIT:
        add_request(text, e, "would exceed the process's heap limit of ");
        sp_text_add_unsigned(text, spaces_heap_root.heap_limit);
        sp_text_add(text, " bytes");
        break;
    case SP_KIND_OUT_OF_MEMORY:
        add_request(text, e, why_no_memory(e->code));
        break;
    case SP_KIND_BAD_ARGUMENT:
        add_function(text, e);
        sp_text_add(text, e->detail ? "" : "bad argument");
        break;
    case SP_KIND_LEAK:
        sp_text_add(text, "Leak: the ");
        add_block(text, e);
        sp_text_add(text, " is lost");
        break;
    }
    if (e->detail) {
        if (e->kind != SP_KIND_BAD_ARGUMENT)
            sp_text_add(text, e->kind == SP_KIND_MISMATCHED_FREE ? " " : ": ");
        sp_text_add(text, e->detail);
    }
}

/* ---- the record ------------------------------------------------------------ */

static void add_number(SpText *text, const char *name, int64_t value)
{
    sp_text_add(text, ",\"");
    sp_text_add(text, name);
    sp_text_add(text, "\":");
    sp_text_add_decimal(text, value);
}

static void add_address(SpText *text, const char *name, const void *address)
{
    sp_text_add(text, ",\"");
    sp_text_add(text, name);
    sp_text_add(text, "\":\"");
    sp_text_add_hex(text, (uintptr_t)address);
    sp_text_add(text, "\"");
}

static void add_frames(SpText *text, const char *name, const uint64_t *frames, uint32_t count)
{
    sp_text_add(text, ",\"");
    sp_text_add(text, name);
    sp_text_add(text, "\":[");
    for (uint32_t i = 0; i < count; i++) {
        sp_text_add(text, i ? ",\"" : "\"");
        sp_text_add_hex(text, frames[i]);
        sp_text_add(text, "\"");
    }
    sp_text_add(text, "]");
}

static void add_stack(SpText *text, const char *name, uint32_t id)
{
    const SpStack *stack = sp_depot_get(id);
    add_frames(text, name, stack ? stack->frames : NULL, stack ? stack->count : 0);
}

static SP_NOINLINE void send_record(const SpError *e, const char *message, const uint64_t *frames,
                                    uint32_t count)
{
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "{\"v\":1,\"t\":\"report\",\"kind\":\"");
    sp_text_add(&text, kind_names[e->kind]);
    sp_text_add(&text, "\",\"message\":");
    sp_text_add_json(&text, message);
    add_number(&text, "code", e->code);
    add_address(&text, "address", e->address);
    add_number(&text, "size", (int64_t)e->size);
    add_number(&text, "offset", e->offset);
    add_address(&text, "chunk", e->chunk);
    add_number(&text, "sequence", (int64_t)e->sequence);
    if (e->pass)
        add_number(&text, "pass", e->pass);
    add_number(&text, "thread", sp_os_thread_id());
    add_number(&text, "pid", sp_os_process_id());
    add_number(&text, "time", (int64_t)sp_os_time());
    add_frames(&text, "detected", frames, count);
    add_stack(&text, "allocated", e->alloc_stack);
    add_stack(&text, "freed", e->free_stack);
    sp_text_add(&text, ",\"bytes\":\"");
    sp_text_add_dump(&text, e->bytes, e->byte_count);
    sp_text_add(&text, "\"");
    if (e->byte_count)
        add_number(&text, "bytesOffset", e->bytes_offset);
    sp_text_add(&text, e->by_check ? ",\"byCheck\":true}" : "}");
    sp_agent_send(&text);
}

/* ---- the funnel -------------------------------------------------------------- */

/* The message of the error that this thread is handling, for the default handler. */
static SP_TLS const char *current_message;

static void describe_error(const SpError *e, SpacesErrorInfo *info, SpacesErrorInfo *creation)
{
    memset(info, 0, sizeof *info);
    info->errorCode = e->code;
    info->chunk = (SpacesChunk)e->chunk;
    info->argChunk = (SpacesChunk)e->arg_chunk;
    info->argPtr = (void *)(uintptr_t)e->arg_ptr;
    info->argBuf = (void *)(uintptr_t)e->arg_buf;
    info->argSize = e->arg_size;
    info->argCount = e->arg_count;
    info->argFlags = e->arg_flags;
    info->allocCount = e->sequence ? e->sequence : sp_load(&spaces_heap_root.sequence);
    info->errorAlloc = (void *)(uintptr_t)e->address;
    if (e->kind == SP_KIND_OVERFLOW || e->kind == SP_KIND_UNDERFLOW ||
        e->kind == SP_KIND_WRITE_AFTER_FREE || e->kind == SP_KIND_USE_AFTER_FREE)
        info->corruptAddr = (char *)(uintptr_t)e->address + e->offset;
    else if (e->kind == SP_KIND_METADATA)
        info->corruptAddr = (void *)(uintptr_t)e->address;
    info->threadID = sp_os_thread_id();
    info->pid = (int)sp_os_process_id();
    /* Where the block was made, or, where there is no block, the chunk. */
    const SpStack *stack = sp_depot_get(e->alloc_stack);
    if (stack) {
        memset(creation, 0, sizeof *creation);
        info->passCount = e->pass ? e->pass : sp_load(&stack->passes);
        creation->threadID = e->thread;
        creation->allocCount = e->sequence;
    } else if (!e->sequence && e->chunk && sp_chunk_is_valid(e->chunk)) {
        stack = sp_depot_get(e->chunk->created_stack);
        if (stack)
            memset(creation, 0, sizeof *creation);
    }
    if (stack) {
        creation->chunk = info->chunk;
        creation->pid = info->pid;
        for (uint32_t i = 0; i < stack->count && i < SPACES_MAX_CALL_STACK; i++)
            creation->callStack[i] = (void *)(uintptr_t)stack->frames[i];
        info->objectCreationInfo = creation;
    }
}

SP_EXPORT SP_NOINLINE void spaces_on_error(const SpacesErrorInfo *err)
{
    __asm__ volatile("" : : "r"(err) : "memory");
}

/* A handler that said it would not return did. Its answer does not count. */
static SP_COLD int raise_false_unwind(void)
{
    sp_error_raise(&(SpError){.kind = SP_KIND_BAD_ARGUMENT,
                              .code = SPACES_ERR_INTERNAL,
                              .function = "spaces_error_unwind",
                              .detail = "the error handler called it and then returned"});
    return 0;
}

int sp_error_raise(const SpError *e)
{
    if (handling)
        return 0;
    uint64_t number = sp_add(&spaces_heap_root.report_count, 1) + 1;
    SpText message;
    sp_text_init(&message);
    compose(&message, e);
    message.bytes[message.length < SP_TEXT_MAX ? message.length : SP_TEXT_MAX - 1] = 0;
    uintptr_t frames[SPACES_MAX_CALL_STACK];
    uint32_t count = e->fault ? sp_unwind_at(e->fault, frames, SPACES_MAX_CALL_STACK)
                              : sp_unwind(frames, SPACES_MAX_CALL_STACK);
    if (sp_add(&sent[e->kind], 1) < MAX_REPORTS)
        send_record(e, message.bytes, (const uint64_t *)frames, count);
    SpacesErrorInfo info, creation;
    describe_error(e, &info, &creation);
    info.checkpoint = number;
    for (uint32_t i = 0; i < count; i++)
        info.callStack[i] = (void *)frames[i];
    spaces_on_error(&info);
    SpacesErrorFn fn = sp_load_acquire(&handler);
    int retry = 0;
    if (fn) {
        const char *outer = current_message;
        current_message = message.bytes;
        handling = true;
        retry = fn(&info);
        if (!handling && e->code != SPACES_ERR_INTERNAL)
            retry = raise_false_unwind();
        handling = false;
        current_message = outer;
    }
    if (sp_settings.abort_on_error)
        abort();
    return retry;
}

void sp_error_defer_damage(SpChunk *chunk, const void *block, uint64_t size)
{
    if (deferred.block)
        return;
    deferred.chunk = chunk;
    deferred.size = size;
    deferred.block = block;
}

void sp_error_flush(void)
{
    if (sp_likely(!deferred.block))
        return;
    SpError error = {.kind = SP_KIND_WRITE_AFTER_FREE,
                     .code = SPACES_ERR_BAD_FREE_BLOCK,
                     .chunk = deferred.chunk,
                     .address = deferred.block,
                     .size = deferred.size};
    deferred.block = NULL;
    sp_error_raise(&error);
}

SpacesErrorFn sp_error_handler(void)
{
    return sp_load(&handler);
}

/* ---- public -------------------------------------------------------------------- */

SpacesErrorFn spaces_set_error_handler(SpacesErrorFn fn)
{
    return sp_exchange(&handler, fn);
}

void spaces_error_unwind(void)
{
    handling = false;
    current_message = NULL;
}

/* Whether somebody sits there to answer: a terminal that we may read from. */
static bool may_prompt(void)
{
    return !sp_settings.preloaded && !sp_agent_active() && isatty(0) && isatty(2);
}

static bool retry_makes_sense(SpacesErrorCode code)
{
    return code == SPACES_ERR_OUT_OF_MEMORY || code == SPACES_ERR_EXCEEDED_CEILING ||
           code == SPACES_ERR_EXCEEDED_HEAP_LIMIT || code == SPACES_ERR_LOCK;
}

int spaces_default_error_handler(SpacesErrorInfo *err)
{
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "spaces: ");
    if (current_message) {
        sp_text_add(&text, current_message);
    } else {
        sp_text_add(&text, "error ");
        sp_text_add_decimal(&text, err ? (int64_t)err->errorCode : 0);
    }
    sp_text_add(&text, "\n");
    if (!sp_settings.quiet)
        sp_os_write(2, text.bytes, text.length);
    if (!err || !may_prompt())
        return 0;
    bool retry = retry_makes_sense(err->errorCode);
    for (;;) {
        const char *question =
            retry ? "spaces: (a)bort, (i)gnore, (r)etry? " : "spaces: (a)bort, (i)gnore? ";
        sp_os_write(2, question, strlen(question));
        char answer = 0, rest;
        if (read(0, &answer, 1) != 1)
            return 0;
        while (answer != '\n' && read(0, &rest, 1) == 1 && rest != '\n') {
        }
        if ((answer | 0x20) == 'a')
            abort();
        if ((answer | 0x20) == 'i')
            return 0;
        if (retry && (answer | 0x20) == 'r')
            return 1;
    }
}
