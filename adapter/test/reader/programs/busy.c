/* busy.c - threads that allocate and free without rest, their own blocks and
 * each other's, small and large, from malloc and from a chunk. */
#include <pthread.h>

#include "../../../../native/include/spaces.h"
#include "tell.h"

#define API(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))
#define THREADS   3
#define PLACES    3000

static void *places[PLACES];
static void *(*chunk_alloc)(SpacesChunk, size_t, unsigned);
static SpacesChunk chunk;

static void *work(void *argument)
{
    unsigned long seed = (unsigned long)argument * 977 + 1;
    for (;;) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        unsigned draw = (unsigned)(seed >> 33);
        size_t size = draw % 64 == 0 ? draw % 200000 : draw % 4 == 0 ? draw % 9000 : 1 + draw % 300;
        void *block = draw % 5 == 0 ? chunk_alloc(chunk, size ? size : 1, 0) : malloc(size);
        if (block)
            memset(block, 1, size < 64 ? size : 64);
        free(__atomic_exchange_n(&places[(seed >> 20) % PLACES], block, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    chunk_alloc = API(spaces_chunk_alloc);
    chunk = API(spaces_chunk_create)(SPACES_CHUNK_SERIALIZE);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&thread, NULL, work, (void *)i);
    usleep(200000);
    tell_root();
    tell_and_wait();
    _exit(0);
}
