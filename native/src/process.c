/* process.c - the library's life in a process: start, fork, end. */
#include <pthread.h>
#include <unistd.h>

#include "../include/spaces.h"
#include "agent.h"
#include "area_map.h"
#include "block.h"
#include "chunk.h"
#include "error.h"
#include "guard.h"
#include "heap.h"
#include "inspect.h"
#include "libc_real.h"
#include "meta.h"
#include "os.h"
#include "process.h"
#include "remote.h"
#include "root.h"
#include "segment.h"
#include "settings.h"
#include "shared.h"
#include "unwind.h"
#include "watch.h"

extern char **environ;

const uint8_t sp_process_linked = 1;

static uint32_t registrations;

void spaces_core_init(void)
{
    sp_init();
}

int spaces_init(void)
{
    if (!sp_init() || !sp_chunk_default())
        return 0;
    sp_add(&registrations, 1);
    return 1;
}

int spaces_shutdown(void)
{
    uint32_t count = sp_load(&registrations);
    do {
        if (!count)
            return 0;
    } while (!sp_cas(&registrations, &count, count - 1));
    if (count > 1)
        return 1;
    for (uint64_t i = 0; i < sp_load(&spaces_heap_root.chunk_count); i++) {
        SpChunk *chunk = sp_root_chunk(i);
        if (!chunk || chunk->kind == SP_CHUNK_DEFAULT || chunk->kind == SP_CHUNK_THREAD)
            continue;
        /* A shared chunk as often as it was attached. */
        while (sp_root_chunk(i) == chunk && spaces_chunk_destroy((SpacesChunk)chunk)) {
        }
    }
    spaces_set_error_handler(spaces_default_error_handler);
    return 1;
}

SpacesVersion spaces_version(void)
{
    return spaces_heap_root.spaces_version;
}

/* ---- fork: every lock is taken, so that the child finds none half-done ---------- */

static bool skip_fork_handlers;

void sp_process_skip_fork_handlers(void)
{
    sp_store(&skip_fork_handlers, true);
}

static void before_fork(void)
{
    if (sp_load(&skip_fork_handlers))
        return;
    sp_block_fork_lock();
    sp_shared_fork_lock();
    sp_chunk_fork_lock();
    sp_heap_fork_lock();
    sp_area_map_fork_lock();
    sp_pool_fork_lock();
    sp_meta_fork_lock();
    sp_root_fork_lock();
    sp_unwind_fork_lock();
}

static void after_fork(bool child)
{
    if (child)
        sp_os_forget_ids();
    if (sp_load(&skip_fork_handlers))
        return;
    sp_unwind_fork(child);
    sp_root_fork(child);
    sp_meta_fork(child);
    sp_pool_fork(child);
    sp_area_map_fork(child);
    sp_heap_fork(child);
    sp_chunk_fork(child);
    sp_shared_fork(child);
    sp_block_fork(child);
}

static void after_fork_parent(void)
{
    after_fork(false);
}
static void after_fork_child(void)
{
    after_fork(true);
    sp_agent_fork();
}

/* ---- start and end ----------------------------------------------------------------- */

__attribute__((constructor(101))) static void at_start(void)
{
    sp_settings_load(environ);
    if (!sp_init())
        return;
    if (spaces_default_chunk)
        sp_settings_apply((SpChunk *)spaces_default_chunk);
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
#if SP_DEBUG && defined(SPACES_SHARED)
    sp_real_find();
    sp_guard_listen();
#endif
    sp_agent_start();
}

/* Before any other frame of ours lies on the stack: what it holds there counts as the program's. */
static inline void keep_registers(uintptr_t registers[SP_KEPT_REGISTERS])
{
    __asm__ volatile("mov %%rbx, 0(%0)\n\t"
                     "mov %%rbp, 8(%0)\n\t"
                     "mov %%r12, 16(%0)\n\t"
                     "mov %%r13, 24(%0)\n\t"
                     "mov %%r14, 32(%0)\n\t"
                     "mov %%r15, 40(%0)"
                     :
                     : "r"(registers)
                     : "memory");
}

__attribute__((destructor(101))) static void at_end(void)
{
    uintptr_t registers[SP_KEPT_REGISTERS];
    keep_registers(registers);
    if (sp_ready() && sp_os_process_id() == spaces_heap_root.pid) {
        if (sp_settings.check_at_exit)
            sp_inspect_all("exit");
        if (sp_watches_armed())
            sp_watch_end();
        sp_remote_flush();
        sp_agent_exit(registers);
    }
    sp_heap_end_process();
}
