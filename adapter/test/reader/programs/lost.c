/* lost.c - blocks that are held, lost, lost with others and held in the middle, in several chunks.
 */
#include <stdint.h>

#include "../../../../native/include/spaces.h"
#include "tell.h"

#define API(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))
/* What stands in memory like this is no pointer. */
#define HIDDEN UINT64_C(0x5555000000000000)

static void *held, *in_area;
static char *middle;
static SpacesChunk chunk, area;
static uint64_t hidden[8];

__attribute__((noinline)) static void make(void)
{
    void **lost = malloc(72);
    lost[0] = malloc(88);
    hidden[0] = (uint64_t)lost ^ HIDDEN;
    hidden[1] = (uint64_t)lost[0] ^ HIDDEN;
    held = API(spaces_chunk_alloc)(chunk, 60, 0);
    middle = (char *)malloc(200) + 100;
    void *parent = malloc(300000);
    memset(parent, 0, 300000);
    hidden[2] = (uint64_t)parent ^ HIDDEN;
    area = API(spaces_chunk_create_area)((char *)parent + 4096, 200000, 0);
    in_area = API(spaces_chunk_alloc)(area, 100, 0);
    hidden[3] = (uint64_t)API(spaces_chunk_alloc)(area, 120, 0) ^ HIDDEN;
}

/* What make and its callees left on the stack. */
__attribute__((noinline)) static void clear(void)
{
    char stack[32768];
    memset(stack, 0, sizeof stack);
    __asm__ volatile("" : : "r"(stack) : "memory");
}

int main(void)
{
    chunk = API(spaces_chunk_create)(0);
    make();
    clear();
    tell_root();
    tell(",\"held\":\"%p\",\"middle\":\"%p\"", held, (void *)(middle - 100));
    tell(",\"lost\":\"%p\",\"child\":\"%p\"", (void *)(hidden[0] ^ HIDDEN),
         (void *)(hidden[1] ^ HIDDEN));
    tell(",\"area\":{\"parent\":\"%p\",\"held\":\"%p\",\"lost\":\"%p\"}",
         (void *)(hidden[2] ^ HIDDEN), in_area, (void *)(hidden[3] ^ HIDDEN));
    clear();
    tell_and_wait();
    return 0;
}
