/*
 * A server that answers each request from a region of its own: what the request allocated goes away
 * in one call, whatever the code forgot, and a ceiling keeps one greedy request from taking the
 * whole heap.
 *
 * This program knows Spaces: it includes spaces.h and is linked with the library.
 */
#include <spaces.h>
#include <stdio.h>
#include <string.h>

enum { CEILING = 256 * 1024, REQUESTS = 4 };

typedef struct Line {
    struct Line *next;
    char text[56];
} Line;

/* Lines beyond the ceiling are refused, and answered with what there is. */
static size_t answer(SpacesChunk region, size_t wanted, Line **first)
{
    size_t made = 0;
    while (made < wanted) {
        Line *line = spaces_chunk_alloc(region, sizeof *line, SPACES_FLAG_FIXED);
        if (!line) {
            break;
        }
        snprintf(line->text, sizeof line->text, "line %zu", made);
        line->next = *first;
        *first = line;
        made++;
    }
    return made;
}

static void serve(int request, size_t lines)
{
    SpacesChunk region = spaces_chunk_create(0);
    if (!region) {
        fprintf(stderr, "request %d: no region\n", request);
        return;
    }
    spaces_chunk_set_ceiling(region, CEILING);

    Line *first = NULL;
    size_t made = answer(region, lines, &first);
    printf("request %d: %zu of %zu lines, %zu bytes\n", request, made, lines,
           spaces_chunk_size(region));

    spaces_chunk_destroy(region);
}

int main(void)
{
    for (int request = 1; request <= REQUESTS; request++) {
        serve(request, (size_t)request * request * 400);
    }
    return 0;
}
