/* api_area.c - the public functions that make chunks in memory that is none of
 * ours: a caller's area, a System V shared segment. Each checks its arguments,
 * tells what is wrong, and calls inward. */
#include "../include/spaces.h"
#include "api.h"
#include "area.h"
#include "os.h"
#include "root.h"
#include "shared.h"

#define AREA_FLAGS                                                            \
    (SPACES_CHUNK_AREA | SPACES_CHUNK_SERIALIZE | SPACES_CHUNK_VIRTUAL_LOCK | \
     SPACES_CHUNK_ZERO_INIT | SPACES_CHUNK_DEFAULT)
#define SHARED_FLAGS                                                            \
    (SPACES_CHUNK_SHARED | SPACES_CHUNK_SERIALIZE | SPACES_CHUNK_VIRTUAL_LOCK | \
     SPACES_CHUNK_ZERO_INIT | SPACES_CHUNK_DEFAULT)

/* Tell of a call that was refused; `args` has its arguments. */
static SpacesChunk refuse(const SpError *args, SpProblem problem)
{
    SpError error = *args;
    error.code = (SpacesErrorCode)problem.code;
    error.detail = problem.detail;
    error.kind =
        error.code == SPACES_ERR_OUT_OF_MEMORY ? SP_KIND_OUT_OF_MEMORY : SP_KIND_BAD_ARGUMENT;
    sp_error_raise(&error);
    return NULL;
}

/* ---- areas ----------------------------------------------------------------------- */

static SpacesChunk create_area(const char *function, void *addr, size_t size, unsigned flags,
                               void *security)
{
    SpError args = {.function = function,
                    .address = addr,
                    .arg_ptr = addr,
                    .arg_buf = security,
                    .arg_size = size,
                    .arg_flags = flags};
    SpProblem problem = {SPACES_ERR_OUT_OF_MEMORY, "no memory for the handle"};
    if (flags & ~AREA_FLAGS)
        return refuse(&args,
                      (SpProblem){SPACES_ERR_BAD_FLAGS, "these creation flags do not apply"});
    if (!size)
        return refuse(&args, (SpProblem){SPACES_ERR_ALLOC_ZERO, "the area's size is zero"});
    uintptr_t start = (uintptr_t)addr, limit = (uintptr_t)1 << SP_ADDRESS_BITS;
    if (!addr || start >= limit || size > limit - start)
        return refuse(&args,
                      (SpProblem){SPACES_ERR_BAD_POINTER, addr ? "no process has memory there"
                                                               : "the area's address is NULL"});
    if (!sp_os_writable(addr, size))
        return refuse(&args, (SpProblem){SPACES_ERR_BAD_POINTER,
                                         "not all of the area can be read and written"});
    SpChunk *chunk = sp_chunk_new(SP_CHUNK_AREA, flags | SPACES_CHUNK_AREA, &problem.code);
    if (!chunk)
        return refuse(&args, problem);
    if (sp_area_open(chunk, addr, size, &problem))
        return (SpacesChunk)chunk;
    sp_chunk_delete(chunk);
    return refuse(&args, problem);
}

SpacesChunk spaces_chunk_create_area(void *addr, size_t size, unsigned flags)
{
    return create_area("spaces_chunk_create_area", addr, size, flags, NULL);
}

SpacesChunk spaces_chunk_create_area_ex(void *addr, size_t size, unsigned flags, void *security)
{
    return create_area("spaces_chunk_create_area_ex", addr, size, flags, security);
}

/* ---- shared chunks ----------------------------------------------------------------- */

/* The System V key that a name is; false with *problem where it is none. */
static bool key_of(const char *name, int32_t *key, SpProblem *problem)
{
    intptr_t value = (intptr_t)name;
    *key = (int32_t)value;
    problem->code = SPACES_ERR_BAD_POINTER;
    if (value != *key && value != (intptr_t)(uint32_t)*key)
        problem->detail = "the name is no System V key: cast a key_t, as ftok gives one, not a "
                          "string";
    else if (!*key)
        problem->detail = "the key is IPC_PRIVATE, which no other process could attach: take one "
                          "from ftok";
    else
        return sp_init();
    return false;
}

SpacesChunk spaces_chunk_create_shared(const char *name, size_t size, unsigned flags)
{
    SpError args = {.function = "spaces_chunk_create_shared",
                    .arg_ptr = name,
                    .arg_size = size,
                    .arg_flags = flags};
    int32_t key;
    SpProblem problem = {SPACES_ERR_OUT_OF_MEMORY, NULL};
    if (flags & ~SHARED_FLAGS)
        return refuse(&args,
                      (SpProblem){SPACES_ERR_BAD_FLAGS, "these creation flags do not apply"});
    if (!key_of(name, &key, &problem))
        return refuse(&args, problem);
    if (!size)
        return refuse(&args, (SpProblem){SPACES_ERR_ALLOC_ZERO, "the segment's size is zero"});
    SpChunk *chunk = sp_shared_create(key, size, flags, &problem);
    return chunk ? (SpacesChunk)chunk : refuse(&args, problem);
}

SpacesChunk spaces_chunk_attach_shared(SpacesChunk handle, const char *name)
{
    SpError args = {
        .function = "spaces_chunk_attach_shared", .arg_chunk = (SpChunk *)handle, .arg_ptr = name};
    int32_t key;
    SpProblem problem = {SPACES_ERR_OUT_OF_MEMORY, NULL};
    SpChunk *given = handle ? sp_chunk_arg(args.function, handle) : NULL;
    if (handle && !given)
        return NULL;
    args.chunk = given;
    if (!key_of(name, &key, &problem))
        return refuse(&args, problem);
    if (given && (given->kind != SP_CHUNK_SHARED || given->key != (uint32_t)key))
        return refuse(&args, (SpProblem){SPACES_ERR_BAD_CHUNK,
                                         "the chunk is not the shared chunk of this key: pass NULL "
                                         "or that one"});
    SpChunk *chunk = sp_shared_attach(key, &problem);
    if (!chunk)
        return refuse(&args, problem);
    if (!given || chunk == given)
        return (SpacesChunk)chunk;
    spaces_chunk_destroy((SpacesChunk)chunk);
    return refuse(&args, (SpProblem){SPACES_ERR_BAD_CHUNK,
                                     "the key has another segment by now than the chunk's"});
}
