/* raw.c - no allocator: roots that are none, of another version, damaged, or not initialised yet.
 */
#include <stdint.h>

#include "../../../../native/src/layout.h"
#include "tell.h"

static SpRoot roots[5];

int main(void)
{
    for (int i = 0; i < 5; i++) {
        roots[i].magic = SP_ROOT_MAGIC;
        roots[i].layout_version = SP_LAYOUT_VERSION;
        roots[i].size = sizeof(SpRoot);
        roots[i].heap_limit = SP_NO_LIMIT;
        roots[i].spaces_version = 0x010203;
    }
    roots[0].magic ^= 1;
    roots[1].layout_version = SP_LAYOUT_VERSION + 7;
    roots[2].size = 7;
    roots[3].checksum = 4711;
    void *at[5];
    for (int i = 0; i < 5; i++)
        at[i] = &roots[i];
    tell_root();
    tell_pointers("roots", at, 5);
    tell(",\"other\":%d", SP_LAYOUT_VERSION + 7);
    tell_and_wait();
    return 0;
}
