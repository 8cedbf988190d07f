/*
 * places.c - chunks whose blocks are packed or lie in memory that is none of the
 * allocator's: told are each one's live and freed blocks. With "overflow" or
 * "late" a block of each is damaged (a byte behind it; bytes of a freed one). A
 * byte on stdin is one step, answered by a line: each chunk gets and loses blocks.
 *
 *   places none|overflow|late KEY         makes a shared chunk of this key
 *   places none|overflow|late KEY attach  uses that of another process
 */
#include "../../../../native/include/spaces.h"
#include "tell.h"

#include <stdbool.h>

#define API(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))
#define COUNT     120
#define AREA      (256u << 10)

static char area[AREA];
static void *live[COUNT], *freed[COUNT];
static size_t sizes[COUNT];

static SpacesChunk packed(SpacesSmallAllocator algorithm, int threshold)
{
    SpacesChunk chunk = API(spaces_chunk_create)(0);
    API(spaces_chunk_set_small_allocator)(chunk, algorithm);
    if (threshold >= 0)
        API(spaces_chunk_set_small_block_size)(chunk, (unsigned short)threshold);
    return chunk;
}

static void damage(const char *what, char **bad)
{
    *bad = live[10];
    if (!strcmp(what, "overflow"))
        (*bad)[sizes[10]] = 'x';
    else if (!strcmp(what, "late")) {
        /* Its neighbours live, so that it stays a stretch of its own. */
        *bad = freed[10];
        memset(*bad, 'x', 8);
    }
}

/* Fill a chunk and tell of it under a name. */
static void use(const char *name, SpacesChunk chunk, const char *what)
{
    void *bad;
    for (int i = 0; i < COUNT; i++) {
        sizes[i] = 40 + (size_t)i * 3;
        live[i] = API(spaces_chunk_alloc)(chunk, sizes[i], 0);
        freed[i] = API(spaces_chunk_alloc)(chunk, sizes[i], 0);
    }
    for (int i = 0; i < COUNT; i++)
        API(spaces_chunk_free)(freed[i]);
    damage(what, (char **)&bad);
    tell(",\"%s\":{\"chunk\":\"%p\",\"bad\":\"%p\"", name, (void *)chunk, bad);
    tell_pointers("live", live, COUNT);
    tell_pointers("freed", freed, COUNT);
    tell_numbers("sizes", sizes, COUNT);
    tell(",\"count\":%zu,\"footprint\":%zu}", API(spaces_chunk_count)(chunk),
         API(spaces_chunk_size)(chunk));
}

/* Blocks that come and go while a test looks. */
static void step(SpacesChunk chunk, void *first)
{
    API(spaces_chunk_free)(first);
    for (int i = 0; i < 3; i++)
        API(spaces_chunk_alloc)(chunk, 1000, 0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "none";
    const char *key = argc > 2 ? (const char *)strtoul(argv[2], NULL, 0) : NULL;
    bool attached = argc > 3;
    void *block = malloc(AREA);
    SpacesChunk shared = attached ? API(spaces_chunk_attach_shared)(NULL, key)
                                  : API(spaces_chunk_create_shared)(key, 4u << 20, 0);
    SpacesChunk chunks[] = {packed(SPACES_SMALL_V5, 0),
                            packed(SPACES_SMALL_NONE, -1),
                            packed(SPACES_SMALL_V3, -1),
                            API(spaces_chunk_create_area)(area, sizeof area, 0),
                            API(spaces_chunk_create_area)(block, AREA, 0),
                            shared};
    static const char *const names[] = {"packed", "none", "v3", "inStatic", "inBlock", "shared"};
    void *first[6];
    tell_root();
    for (int i = 0; i < 6; i++) {
        use(names[i], chunks[i], what);
        first[i] = live[0];
    }
    tell(",\"block\":\"%p\"}\n", block);
    for (size_t done = 0; done < tell_used;)
        done += (size_t)write(1, tell_buffer + done, tell_used - done);
    if (read(0, &(char){0}, 1) == 1) {
        for (int i = 0; i < 6; i++)
            step(chunks[i], first[i]);
        if (write(1, "\n", 1) == 1)
            while (read(0, &(char){0}, 1) > 0) {
            }
    }
    API(spaces_chunk_destroy)(shared);
    return 0;
}
