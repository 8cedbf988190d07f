/* unloads.c - a module with an allocator of its own inside is loaded, used by threads and by main,
 * and unloaded before the threads end; ten times. The argument is the module. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int (*use)(void *);
static pthread_barrier_t barrier;

static void *works(void *wrong)
{
    void *outside = malloc(100);
    *(int *)wrong += use(outside);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the module is gone now */
    free(outside);
    return NULL;
}

int main(int argc, char **argv)
{
    int wrong[3] = {0};
    pthread_barrier_init(&barrier, NULL, 4);
    for (int round = 0; round < 10; round++) {
        void *module = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
        if (!module) {
            fprintf(stderr, "unloads: %s\n", dlerror());
            return 1;
        }
        use = (int (*)(void *))dlsym(module, "module_use");
        pthread_t threads[3];
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, works, &wrong[i]);
        pthread_barrier_wait(&barrier);
        if (dlclose(module))
            return 2;
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
    }
    pid_t pid = fork(); /* nothing of the modules' stands in a fork's way */
    if (!pid)
        _exit(3);
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 3)
        return 3;
    printf("wrong %d\n", wrong[0] + wrong[1] + wrong[2]);
    return 0;
}
