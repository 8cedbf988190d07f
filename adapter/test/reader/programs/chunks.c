/* chunks.c - heap regions of the program's own: variable, fixed, locked, capped. */
#include "../../../../native/include/spaces.h"
#include "tell.h"

#define API(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))
#define COUNT     200

static void *variable[COUNT], *fixed[COUNT], *large[2], *freed[COUNT];

int main(void)
{
    SpacesChunk a = API(spaces_chunk_create)(SPACES_CHUNK_SERIALIZE);
    SpacesChunk b = API(spaces_chunk_create_fixed)(40, 100, 0);
    SpacesChunk gone = API(spaces_chunk_create)(0);
    API(spaces_chunk_alloc)(gone, 100, 0);
    for (int i = 0; i < COUNT; i++) {
        variable[i] = API(spaces_chunk_alloc)(a, 24 + (size_t)i, 0);
        freed[i] = API(spaces_chunk_alloc)(a, 24 + (size_t)i, 0);
        fixed[i] = API(spaces_chunk_alloc_fixed)(b);
    }
    large[0] = API(spaces_chunk_alloc)(a, 300000, 0);
    large[1] = API(spaces_chunk_alloc)(a, 9000000, 0);
    for (int i = 0; i < COUNT; i++)
        API(spaces_chunk_free)(freed[i]);
    API(spaces_chunk_set_ceiling)(b, 1 << 20);
    API(spaces_chunk_set_floor)(a, 1 << 17);
    API(spaces_chunk_destroy)(gone);
    API(spaces_chunk_lock)(a);
    tell_root();
    tell(",\"a\":\"%p\",\"b\":\"%p\",\"gone\":\"%p\"", (void *)a, (void *)b, (void *)gone);
    tell_pointers("variable", variable, COUNT);
    tell_pointers("fixed", fixed, COUNT);
    tell_pointers("large", large, 2);
    tell_pointers("freed", freed, COUNT);
    tell(",\"counts\":[%zu,%zu]", API(spaces_chunk_count)(a), API(spaces_chunk_count)(b));
    tell(",\"footprints\":[%zu,%zu]", API(spaces_chunk_size)(a), API(spaces_chunk_size)(b));
    tell_and_wait();
    return 0;
}
