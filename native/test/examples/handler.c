#include <stdio.h>
#include "spaces.h"
static int my_handler(SpacesErrorInfo *err)
{
fprintf(stderr, "Spaces error %d\n", err->errorCode);
return 0; /* 0 = do not retry */
}
int main(void)
{
spaces_set_error_handler(my_handler);
spaces_init();
SpacesChunk ch = spaces_chunk_create(0);
spaces_chunk_set_ceiling(ch, 4096);
/* Allocate until the ceiling is hit. */
for (int i = 0; i < 1000; i++) {
void *p = spaces_chunk_alloc(ch, 64, 0);
if (!p) {
printf("allocation %d returned NULL (ceiling enforced)\n", i);
break;
}
}
spaces_chunk_destroy(ch);
spaces_shutdown();
return 0;
}
