/* watch.c - see watch.h. */
#include "base.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "depot.h"
#include "os.h"
#include "root.h"
#include "watch.h"

SP_EXPORT SpWatches spaces_watches = {
    .magic = SP_WATCHES_MAGIC,
    .version = SP_WATCHES_VERSION,
    .count = SP_WATCH_COUNT,
    .supported = SP_DEBUG,
};

#define EVENT(kind) (1u << (kind))
#define EVENT_USUALS \
    (EVENT(SPACES_BLOCK_ALLOCATED) | EVENT(SPACES_BLOCK_FREED) | EVENT(SPACES_BLOCK_RESIZED))

SP_EXPORT SP_NOINLINE void spaces_on_block(const SpacesBlockEvent *event)
{
    __asm__ volatile("" : : "r"(event) : "memory");
}

/* ---- sites ------------------------------------------------------------------ */

#ifndef DLFO_STRUCT_HAS_EH_DBASE
typedef struct Holder {
    uintptr_t pc, start;
} Holder;

static int match_holder(struct dl_phdr_info *info, size_t size, void *data)
{
    Holder *holder = data;
    uintptr_t lowest = UINTPTR_MAX;
    bool inside = false;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        if (start < lowest)
            lowest = start;
        inside |= holder->pc >= start && holder->pc < start + segment->p_memsz;
    }
    if (inside)
        holder->start = lowest & ~UINT64_C(4095);
    return inside;
}
#endif

/* The lowest address of the module that the address lies in; 0 where there is none. */
static uintptr_t module_start(uintptr_t pc)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    struct dl_find_object found;
    return _dl_find_object((void *)pc, &found) == 0 ? (uintptr_t)found.dlfo_map_start : 0;
#else
    Holder holder = {pc, 0};
    dl_iterate_phdr(match_holder, &holder);
    return holder.start;
#endif
}

static uint64_t site_of(uint32_t id)
{
    const SpStack *stack = sp_depot_get(id);
    if (!stack)
        return 0;
    uint64_t site = stack->count;
    for (uint32_t i = 0; i < stack->count; i++) {
        uintptr_t pc = stack->frames[i];
        site = sp_site_step(site, pc - module_start(pc - 1));
    }
    return site;
}

/* ---- telling ------------------------------------------------------------------ */

/* A block as watches compare it. */
typedef struct Subject {
    const SpRecord *record;
    uintptr_t address;
    uint64_t size, sequence;
    uint32_t pass;
    bool site_known;
    uint64_t site;
} Subject;

static bool means(SpWatch *watch, Subject *subject, bool allocated)
{
    uint64_t number = watch->number;
    switch (watch->kind) {
    case SP_WATCH_SITE:
        if (!subject->site_known) {
            subject->site = site_of(subject->record->alloc_stack);
            subject->site_known = true;
        }
        if (!subject->site || subject->site != watch->key)
            return false;
        if (allocated)
            sp_add(&watch->seen, 1);
        return !number || number == subject->pass;
    case SP_WATCH_SEQUENCE:
        return subject->sequence == watch->key;
    case SP_WATCH_BLOCK:
        return subject->address == watch->key && (!number || number == subject->sequence);
    case SP_WATCH_SIZE:
        return subject->size >= watch->key && subject->size <= number;
    default:
        return false;
    }
}

void sp_watch_tell(SpacesBlockEventKind kind, const SpChunk *chunk, const SpRecord *record,
                   void *pointer, uint64_t size)
{
    Subject subject = {.record = record,
                       .address = (uintptr_t)pointer,
                       .size = size,
                       .sequence = SP_SEQUENCE_NUMBER(record->sequence)};
    if (!(record->family & SP_FAMILY_SHARED))
        subject.pass = SP_SEQUENCE_UPPER(record->sequence);
    /* Chosen before the first call: a watch that is set during one is of what comes later. */
    uint64_t chosen = 0;
    for (uint32_t i = 0; i < SP_WATCH_COUNT; i++) {
        SpWatch *watch = &spaces_watches.watch[i];
        if (!watch->kind || !means(watch, &subject, kind == SPACES_BLOCK_ALLOCATED))
            continue;
        if (kind == SPACES_BLOCK_ALLOCATED) {
            sp_add(&watch->hits, 1);
            sp_store(&watch->address, subject.address);
        }
        if (watch->events & EVENT(kind))
            chosen |= UINT64_C(1) << i;
    }
    for (; chosen; chosen &= chosen - 1) {
        SpacesBlockEvent event = {.kind = kind,
                                  .watch = (unsigned)__builtin_ctzll(chosen),
                                  .address = pointer,
                                  .size = size,
                                  .sequence = subject.sequence,
                                  .pass = subject.pass,
                                  .threadID = sp_os_thread_id(),
                                  .chunk = (SpacesChunk)(uintptr_t)chunk};
        spaces_on_block(&event);
    }
}

const void *sp_watch_address(uint32_t i)
{
    const SpWatch *watch = &spaces_watches.watch[i];
    if (!watch->kind)
        return NULL;
    return (const void *)(uintptr_t)(watch->kind == SP_WATCH_BLOCK ? watch->key
                                                                   : sp_load(&watch->address));
}

void sp_watch_end(void)
{
    for (uint32_t i = 0; i < SP_WATCH_COUNT; i++) {
        SpWatch *watch = &spaces_watches.watch[i];
        if (!watch->kind || !(watch->events & EVENT(SPACES_BLOCK_MISSED)) || sp_load(&watch->hits))
            continue;
        SpacesBlockEvent event = {.kind = SPACES_BLOCK_MISSED,
                                  .watch = i,
                                  .sequence = sp_load(&spaces_heap_root.sequence),
                                  .pass = sp_load(&watch->seen),
                                  .threadID = sp_os_thread_id()};
        spaces_on_block(&event);
    }
}

/* ---- SPACES_WATCH ---------------------------------------------------------------- */

/* A number, decimal or 0x…, at *at, which moves behind it. */
static bool take_number(const char **at, uint64_t *value)
{
    const char *start = *at, *digit = start;
    bool hex = digit[0] == '0' && (digit[1] | 0x20) == 'x';
    uint64_t base = hex ? 16 : 10;
    *value = 0;
    for (digit += hex ? 2 : 0, start = digit;; digit++) {
        uint64_t lower = (uint64_t)(unsigned char)*digit | 0x20;
        uint64_t worth = *digit >= '0' && *digit <= '9'        ? (uint64_t)(*digit - '0')
                         : hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                               : base;
        if (worth == base)
            break;
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, worth, value))
            return false;
    }
    *at = digit;
    return digit > start;
}

static bool take_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length))
        return false;
    *at += length;
    return true;
}

static bool take_events(const char **at, uint32_t *events)
{
    static const char letters[] = "afrm";
    *events = EVENT_USUALS;
    if (!take_word(at, "/"))
        return true;
    *events = 0;
    for (const char *letter; **at && (letter = strchr(letters, **at)); ++*at)
        *events |= EVENT(SPACES_BLOCK_ALLOCATED + (letter - letters));
    return *events != 0;
}

static bool take_watch(const char **at, SpWatch *watch)
{
    *watch = (SpWatch){0};
    bool ok;
    if (take_word(at, "site:")) {
        watch->kind = SP_WATCH_SITE;
        ok = take_number(at, &watch->key) &&
             (!take_word(at, ":") || take_number(at, &watch->number));
    } else if (take_word(at, "sequence:")) {
        watch->kind = SP_WATCH_SEQUENCE;
        ok = take_number(at, &watch->key);
    } else if (take_word(at, "block:")) {
        watch->kind = SP_WATCH_BLOCK;
        ok = take_number(at, &watch->key);
    } else {
        watch->kind = SP_WATCH_SIZE;
        ok = take_word(at, "size:") && take_number(at, &watch->key) && take_word(at, "-") &&
             take_number(at, &watch->number);
    }
    return ok && take_events(at, &watch->events);
}

bool sp_watch_parse(const char *text)
{
    uint32_t count = 0;
    while (count < SP_WATCH_COUNT && take_watch(&text, &spaces_watches.watch[count])) {
        count++;
        if (!*text) {
            sp_store(&spaces_watches.armed, count);
            return true;
        }
        if (!take_word(&text, ","))
            break;
    }
    memset(spaces_watches.watch, 0, sizeof spaces_watches.watch);
    return false;
}
