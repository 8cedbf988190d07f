/* A chunk of two processes: "create KEY" puts a block into it, "attach KEY" another one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spaces.h"

static void stand(SpacesChunk chunk)
{
    printf("stands\n"); /* @stand */
    fflush(stdout);
    spaces_chunk_destroy(chunk);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int creates = !strcmp(argv[1], "create");
    const char *name = (const char *)strtoul(argv[2], NULL, 0);
    SpacesChunk chunk = creates ? spaces_chunk_create_shared(name, 1 << 20, 0)
                                : spaces_chunk_attach_shared(NULL, name);
    if (!chunk)
        return 3;
    strcpy(spaces_chunk_alloc(chunk, creates ? 1111 : 2222, 0), argv[1]);
    stand(chunk);
    return 0;
}
