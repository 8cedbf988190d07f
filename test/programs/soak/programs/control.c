/* control.c - a write to a freed block that nothing but a check of the heap can notice. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *block = malloc(40);
    free(block);
    __asm__ volatile("" : "+r"(block)::"memory");
    memset(block, 0x41, 8);
    __asm__ volatile("" ::: "memory");
    return 0;
}
