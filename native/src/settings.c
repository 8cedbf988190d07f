/* settings.c - see settings.h. One table serves reading, help and removal. */
#include "settings.h"

#include <string.h>

#include "format.h"
#include "guard.h"
#include "os.h"
#include "root.h"
#include "watch.h"

SpSettings sp_settings = {
    .ceiling = SP_NO_LIMIT,
    .heap_limit = SP_NO_LIMIT,
    .quarantine = UINT64_C(8) << 20,
    .stack_depth = 16,
    .track = SP_TRACK_ALL,
    .check_at_exit = SP_DEBUG,
    .check_calls = SP_DEBUG,
    .guard_limit = UINT64_C(64) << 20,
    .guard_most = UINT64_MAX,
#if SP_DEBUG && defined(SPACES_SHARED)
    .guard = SP_GUARD_AUTO,
#endif
};

typedef enum {
    AS_SIZE,
    AS_DEPTH,
    AS_BOOL,
    AS_TRACK,
    AS_GUARD,
    AS_RANGE,
    AS_PATH,
    AS_WATCH,
    AS_HELP
} ValueKind;

typedef struct Variable {
    const char *name;
    ValueKind kind;
    size_t offset;
    const char *help;
} Variable;

#define FIELD(field) offsetof(SpSettings, field)
static const Variable variables[] = {
    {"SPACES_REPORT_SOCKET", AS_PATH, FIELD(report_socket),
     "path: Unix socket that error reports are written to"},
    {"SPACES_HEAP_LIMIT", AS_SIZE, FIELD(heap_limit),
     "size: cap on memory taken from the system (64MB, 1GB, ...)"},
    {"SPACES_CEILING", AS_SIZE, FIELD(ceiling), "size: ceiling of the default chunk"},
    {"SPACES_TRACK", AS_TRACK, FIELD(track),
     "all|sampled|off: whose allocation stacks are kept (debug build)"},
    {"SPACES_STACK_DEPTH", AS_DEPTH, FIELD(stack_depth),
     "1 to 32: frames kept of each stack, default 16 (debug build)"},
    {"SPACES_QUARANTINE", AS_SIZE, FIELD(quarantine),
     "size: freed bytes held back from reuse, default 8MB (debug build)"},
    {"SPACES_CHECK_AT_EXIT", AS_BOOL, FIELD(check_at_exit),
     "0|1: validate the whole heap at exit, default 1 in the debug build, 0 in the fast one"},
    {"SPACES_WATCH", AS_WATCH, 0,
     "site:HASH[:PASS]|sequence:N|block:ADDRESS|size:MIN-MAX[/afrm],...: blocks to call "
     "spaces_on_block for (debug build)"},
    {"SPACES_LEAKS", AS_BOOL, FIELD(leaks),
     "0|1: at exit, wait for the reader of SPACES_REPORT_SOCKET to look for leaks"},
    {"SPACES_GUARD", AS_GUARD, FIELD(guard),
     "off|auto|sampled|all: blocks between closed pages, default auto: the first eight of each "
     "stack "
     "(debug build)"},
    {"SPACES_GUARD_LIMIT", AS_SIZE, FIELD(guard_limit),
     "size: address space for guarded blocks, live and freed, default 64MB (debug build)"},
    {"SPACES_GUARD_SIZES", AS_RANGE, FIELD(guard_least),
     "MIN-MAX: sizes of blocks that are guarded, default all (debug build)"},
    {"SPACES_CHECK_CALLS", AS_BOOL, FIELD(check_calls),
     "0|1: check what memcpy, strcpy, printf, read and their like access, default 1 (debug build)"},
    {"SPACES_ABORT", AS_BOOL, FIELD(abort_on_error), "0|1: abort after the first error report"},
    {"SPACES_QUIET", AS_BOOL, FIELD(quiet), "0|1: print nothing on stderr"},
    {"SPACES_FOLLOW", AS_BOOL, FIELD(follow), "0|1: keep the library in children's LD_PRELOAD"},
    {"SPACES_FOLLOW_WAIT", AS_SIZE, FIELD(follow_wait),
     "milliseconds: each new process waits so long, at most, for a debugger at the socket"},
    {"SPACES_HELP", AS_HELP, 0, "1: print this list"},
};
#define VARIABLES (sizeof variables / sizeof variables[0])

/* "64MB", "0x1000", "1.5G" is not one: a number, then K, M, G or T, then B or nothing. */
static bool parse_size(const char *text, uint64_t *value)
{
    uint64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > UINT64_MAX / 10 - 1)
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (at == text)
        return false;
    while (*at == ' ')
        at++;
    unsigned shift = 0;
    switch (*at | 0x20) {
    case 'k':
        shift = 10;
        break;
    case 'm':
        shift = 20;
        break;
    case 'g':
        shift = 30;
        break;
    case 't':
        shift = 40;
        break;
    }
    if (shift)
        at++;
    if (shift && (*at | 0x20) == 'i')
        at++;
    if ((*at | 0x20) == 'b')
        at++;
    if (*at || number > UINT64_MAX >> shift)
        return false;
    *value = number << shift;
    return true;
}

static bool parse_depth(const char *text, uint32_t *depth)
{
    uint64_t value;
    if (!parse_size(text, &value) || !value || value > SP_STACK_MAX_FRAMES)
        return false;
    *depth = (uint32_t)value;
    return true;
}

static bool parse_bool(const char *text, bool *value)
{
    if (!strcmp(text, "1") || !strcmp(text, "true") || !strcmp(text, "yes") || !strcmp(text, "on"))
        *value = true;
    else if (!*text || !strcmp(text, "0") || !strcmp(text, "false") || !strcmp(text, "no") ||
             !strcmp(text, "off"))
        *value = false;
    else
        return false;
    return true;
}

/* Which of `count` names it is. */
static bool parse_name(const char *text, const char *const *names, uint32_t count, uint32_t *value)
{
    for (uint32_t i = 0; i < count; i++)
        if (!strcmp(text, names[i])) {
            *value = i;
            return true;
        }
    return false;
}

static bool parse_track(const char *text, uint32_t *value)
{
    static const char *const names[] = {"off", "sampled", "all"};
    return parse_name(text, names, 3, value);
}

static bool parse_guard(const char *text, uint32_t *value)
{
    static const char *const names[] = {"off", "auto", "sampled", "all"};
    return parse_name(text, names, 4, value);
}

/* "16-4KB": two sizes, in order. */
static bool parse_range(const char *text, uint64_t range[2])
{
    char first[32];
    size_t length = strcspn(text, "-");
    uint64_t least, most;
    if (!text[length] || length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = 0;
    if (!parse_size(first, &least) || !parse_size(text + length + 1, &most) || least > most)
        return false;
    range[0] = least;
    range[1] = most;
    return true;
}

static void print_help(void)
{
    SpText text;
    sp_text_init(&text);
    sp_text_add(&text, "Spaces: environment variables of libspaces\n");
    for (size_t i = 0; i < VARIABLES; i++) {
        sp_text_add(&text, "  ");
        sp_text_add(&text, variables[i].name);
        sp_text_add(&text, "  ");
        sp_text_add(&text, variables[i].help);
        sp_text_add(&text, "\n");
    }
    sp_os_write(2, text.bytes, text.length);
}

static void read_variable(const Variable *variable, const char *value)
{
    char *field = (char *)&sp_settings + variable->offset;
    bool ok = true;
    switch (variable->kind) {
    case AS_SIZE:
        ok = parse_size(value, (uint64_t *)(void *)field);
        break;
    case AS_DEPTH:
        ok = parse_depth(value, (uint32_t *)(void *)field);
        break;
    case AS_BOOL:
        ok = parse_bool(value, (bool *)(void *)field);
        break;
    case AS_TRACK:
        ok = parse_track(value, (uint32_t *)(void *)field);
        break;
    case AS_GUARD:
        ok = parse_guard(value, (uint32_t *)(void *)field);
        break;
    case AS_RANGE:
        ok = parse_range(value, (uint64_t *)(void *)field);
        break;
    case AS_PATH:
        ok = strlen(value) < sizeof sp_settings.report_socket;
        if (ok)
            strcpy(field, value);
        break;
    case AS_WATCH:
        ok = sp_watch_parse(value);
        break;
    case AS_HELP:
        print_help();
        break;
    }
    if (!ok) {
        SpText text;
        sp_text_init(&text);
        sp_text_add(&text, "spaces: ");
        sp_text_add(&text, variable->name);
        sp_text_add(&text, " is ignored: '");
        sp_text_add(&text, value);
        sp_text_add(&text, "' is not what it takes (");
        sp_text_add(&text, variable->help);
        sp_text_add(&text, ")\n");
        sp_os_write(2, text.bytes, text.length);
    }
}

static const Variable *variable_of(const char *entry)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        size_t length = strlen(variables[i].name);
        if (!strncmp(entry, variables[i].name, length) && entry[length] == '=')
            return &variables[i];
    }
    return NULL;
}

static bool names_library(const char *path, size_t length)
{
    const char *base = path;
    for (size_t i = 0; i < length; i++)
        if (path[i] == '/')
            base = path + i + 1;
    size_t rest = length - (size_t)(base - path);
    return rest >= 9 && !strncmp(base, "libspaces", 9);
}

/* Take our part out of an LD_PRELOAD value, in place; true where it was there.
 * *left receives what remains. */
static bool remove_library(char *value, size_t *left)
{
    char *out = value;
    bool found = false;
    for (const char *at = value; *at;) {
        size_t skip = strspn(at, ": "), length = strcspn(at + skip, ": ");
        at += skip;
        if (!length)
            break;
        if (names_library(at, length)) {
            found = true;
        } else {
            if (out != value)
                *out++ = ':';
            memmove(out, at, length);
            out += length;
        }
        at += length;
    }
    *left = (size_t)(out - value);
    if (found)
        *out = 0;
    return found;
}

void sp_settings_load(char **environment)
{
    if (!environment)
        return;
    char **preload = NULL;
    for (char **e = environment; *e; e++) {
        const Variable *variable = variable_of(*e);
        if (variable)
            read_variable(variable, *e + strlen(variable->name) + 1);
        if (!strncmp(*e, "LD_PRELOAD=", 11))
            preload = e;
    }
    if (preload) {
        for (const char *at = *preload + 11; *at && !sp_settings.preloaded;) {
            size_t skip = strspn(at, ": "), length = strcspn(at + skip, ": ");
            sp_settings.preloaded = names_library(at + skip, length);
            at += skip + length;
        }
    }
    if (!sp_settings.preloaded || sp_settings.follow)
        return;
    size_t left = 0;
    remove_library(*preload + 11, &left);
    char **out = environment;
    for (char **e = environment; *e; e++)
        if (!variable_of(*e) && !(e == preload && !left))
            *out++ = *e;
    *out = NULL;
}

void sp_settings_apply(SpChunk *chunk)
{
    if (sp_settings.heap_limit != SP_NO_LIMIT)
        sp_store(&spaces_heap_root.heap_limit, sp_settings.heap_limit);
    if (sp_settings.ceiling != SP_NO_LIMIT)
        sp_store(&chunk->ceiling, sp_settings.ceiling);
}
