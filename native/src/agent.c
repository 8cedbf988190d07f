/*
 * agent.c - see agent.h.
 *
 * A record is a little-endian u32 length and that many bytes of JSON
 * (adapter/src/protocol describes them). Each goes over a connection of its
 * own: the program's table of file descriptors stays as it would be without
 * us, and a program that closes every descriptor loses no report.
 */
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../include/spaces.h"
#include "os.h"
#include "root.h"
#include "settings.h"

/* Longest wait for a reader whose queue is full. */
#define PATIENCE_US 200000
static bool stalled;

bool sp_agent_active(void)
{
    return sp_settings.report_socket[0] != 0;
}

/* `answered`: stay until the reader has hung up, PATIENCE_US at most. */
static void send_frame(const SpText *record, bool answered)
{
    if (!sp_agent_active())
        return;
    int saved = errno;
    /* A reader that does not keep up is waited for once, not at every report. */
    int patience = sp_load(&stalled) ? SOCK_NONBLOCK : 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | patience, 0);
    if (fd >= 0) {
        struct timeval limit = {.tv_usec = PATIENCE_US};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, sp_settings.report_socket, sizeof address.sun_path);
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
            if (answered && sent > 0) {
                setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
                shutdown(fd, SHUT_WR);
                recv(fd, &frame, sizeof frame, 0);
            }
        }
        sp_store(&stalled, sent < 0 && errno == EAGAIN);
        close(fd);
    }
    errno = saved;
}

void sp_agent_send(const SpText *record)
{
    send_frame(record, false);
}

void sp_agent_hello(void)
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
    sp_text_add(&text, "\"}");
    /* Who reads it may want to look at the process before it is gone again. */
    send_frame(&text, true);
}
