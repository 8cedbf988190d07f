/*
 * agent.c - see agent.h.
 *
 * A record is a little-endian u32 length and that many bytes of JSON
 * (adapter/src/protocol describes them). Each goes over a connection of its
 * own: the program's table of file descriptors stays as it would be without
 * us, and a program that closes every descriptor loses no report.
 *
 * Who reads the hello of a process hangs up when the process is to go on. What
 * it writes before that is another socket's path, for the reports from then on.
 */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../include/spaces.h"
#include "os.h"
#include "root.h"
#include "settings.h"
#include "unwind.h"

/* Longest wait for a reader whose queue is full. */
#define PATIENCE_US 200000
/* Longest wait for one that looks for leaks. */
#define EXIT_PATIENCE_MS 10000
static bool stalled;
/* The process that said hello; a child of it by fork has another id. */
static uint32_t hello_pid;

SP_EXPORT char spaces_report_socket[sizeof((struct sockaddr_un *)0)->sun_path];

bool sp_agent_active(void)
{
    return spaces_report_socket[0] != 0;
}

/* Wait until the reader has hung up, `patience` milliseconds at most. A debugger
 * that attaches interrupts the wait. */
static void await_answer(int fd, uint64_t patience)
{
    uint64_t end = sp_os_time() + patience, now;
    char path[sizeof spaces_report_socket];
    size_t length = 0;
    while ((now = sp_os_time()) < end && length < sizeof path) {
        struct timeval limit = {.tv_sec = (time_t)((end - now) / 1000),
                                .tv_usec = (suseconds_t)((end - now) % 1000 * 1000)};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ssize_t got = recv(fd, path + length, sizeof path - length, 0);
        if (got > 0)
            length += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    if (length && length < sizeof path && path[0] == '/') {
        path[length] = 0;
        memcpy(spaces_report_socket, path, length + 1);
    }
}

/* `patience`: stay until the reader has hung up, so many milliseconds at most. */
static void send_frame(const SpText *record, uint64_t patience)
{
    if (!sp_agent_active())
        return;
    int saved = errno;
    /* A reader that does not keep up is waited for once, not at every report. */
    int flags = SOCK_STREAM | SOCK_CLOEXEC | (sp_load(&stalled) ? SOCK_NONBLOCK : 0);
    int fd = socket(AF_UNIX, flags, 0);
    if (fd >= 0) {
        struct timeval limit = {.tv_usec = PATIENCE_US};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, spaces_report_socket, sizeof address.sun_path);
        address.sun_path[sizeof address.sun_path - 1] = 0;
        ssize_t sent = connect(fd, (struct sockaddr *)&address, sizeof address);
        if (!sent) {
            struct {
                uint32_t length;
                char bytes[SP_TEXT_MAX];
            } frame;
            frame.length = (uint32_t)record->length;
            memcpy(frame.bytes, record->bytes, record->length);
            do
                sent = send(fd, &frame, sizeof frame.length + record->length, MSG_NOSIGNAL);
            while (sent < 0 && errno == EINTR);
            if (patience && sent > 0) {
                shutdown(fd, SHUT_WR);
                await_answer(fd, patience);
            }
        }
        sp_store(&stalled, sent < 0 && errno == EAGAIN);
        close(fd);
    }
    errno = saved;
}

void sp_agent_send(const SpText *record)
{
    send_frame(record, 0);
}

static void say_hello(void)
{
    if (!sp_agent_active())
        return;
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "{\"v\":1,\"t\":\"hello\",\"pid\":");
    sp_text_add_unsigned(&text, sp_os_process_id());
    sp_text_add(&text, ",\"build\":\"");
    sp_text_add(&text, SP_DEBUG ? "debug" : "fast");
    sp_text_add(&text, "\",\"version\":\"" SPACES_VERSION_STRING "\",\"root\":\"");
    sp_text_add_hex(&text, (uintptr_t)&spaces_heap_root);
    sp_text_add(&text, "\",\"parent\":");
    sp_text_add_unsigned(&text, (uint64_t)getppid());
    sp_text_add(&text, sp_settings.follow_wait ? ",\"waits\":true}" : "}");
    /* Who reads it may want to look at the process before it is gone again. */
    uint64_t wait = sp_settings.follow_wait;
    send_frame(&text, wait > PATIENCE_US / 1000 ? wait : PATIENCE_US / 1000);
}

void sp_agent_start(void)
{
    memcpy(spaces_report_socket, sp_settings.report_socket, sizeof spaces_report_socket);
    say_hello();
    hello_pid = sp_os_process_id();
}

void sp_agent_fork(void)
{
    if (sp_settings.follow_wait)
        say_hello();
}

SP_EXPORT SP_NOINLINE void spaces_at_exit(const void *stack)
{
    __asm__ volatile("" : : "r"(stack) : "memory");
}

/* Where the C library keeps the functions that lead from the entry point to main and to exit. */
extern int __libc_start_main(void) __attribute__((weak));
#define EXIT_BYTES  64u
#define START_BYTES 1024u
/* How far up the stack the entry point's frame is looked for. */
#define ENTRY_WORDS 8192u

static bool within(uintptr_t pc, uintptr_t function, uintptr_t bytes)
{
    return function && pc - function < bytes;
}

/*
 * Where main has returned, its frames and all below are gone, but what lay in
 * them still stands between those of exit. Then only what the entry point has
 * on the stack is live: the address of the word with which its frame ends.
 */
static const uintptr_t *live_stack(const uintptr_t *stack)
{
    uintptr_t frames[SP_STACK_MAX_FRAMES];
    uint32_t count = sp_unwind(frames, SP_STACK_MAX_FRAMES), at = 0;
    while (at < count && !within(frames[at], (uintptr_t)exit, EXIT_BYTES))
        at++;
    for (uint32_t caller = at + 1; caller <= at + 2 && caller + 1 < count; caller++) {
        if (!within(frames[caller], (uintptr_t)__libc_start_main, START_BYTES))
            continue;
        for (uint32_t i = 0; i < ENTRY_WORDS; i++)
            if (stack[i] == frames[caller + 1])
                return stack + i;
    }
    return stack;
}

/* A frame of its own: a debugger that stops in spaces_at_exit finds little else on the stack. */
static SP_NOINLINE void tell_exit(const uintptr_t *stack,
                                  const uintptr_t registers[SP_KEPT_REGISTERS])
{
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "{\"v\":1,\"t\":\"exit\",\"pid\":");
    sp_text_add_unsigned(&text, sp_os_process_id());
    sp_text_add(&text, ",\"thread\":");
    sp_text_add_unsigned(&text, sp_os_thread_id());
    sp_text_add(&text, ",\"root\":\"");
    sp_text_add_hex(&text, (uintptr_t)&spaces_heap_root);
    sp_text_add(&text, "\",\"stack\":\"");
    sp_text_add_hex(&text, (uintptr_t)stack);
    sp_text_add(&text, "\",\"registers\":[");
    for (uint32_t i = 0; i < SP_KEPT_REGISTERS; i++) {
        sp_text_add(&text, i ? ",\"" : "\"");
        sp_text_add_hex(&text, registers[i]);
        sp_text_add(&text, "\"");
    }
    sp_text_add(&text, "]}");
    send_frame(&text, EXIT_PATIENCE_MS);
}

void sp_agent_exit(const uintptr_t registers[SP_KEPT_REGISTERS])
{
    if (!sp_settings.leaks || !sp_agent_active() || hello_pid != sp_os_process_id())
        return;
    const uintptr_t *stack = live_stack(registers);
    spaces_at_exit(stack);
    tell_exit(stack, registers);
}
