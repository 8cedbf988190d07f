#include <stdio.h>
#include "spaces.h"
int main(void)
{
spaces_init();
spaces_process_set_grow_increment(2 * 1024 * 1024);
spaces_process_set_free_bytes(4 * 1024 * 1024);
spaces_process_set_heap_limit(256 * 1024 * 1024);
spaces_process_set_large_threshold(1024 * 1024);
SpacesProcessInfo info;
spaces_process_info(&info);
printf("grow increment: %zu\n", info.growIncrement);
printf("heap limit: %zu\n", info.heapLimit);
spaces_shutdown();
return 0;
}
