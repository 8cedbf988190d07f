/* lock.c - the contended half of lock.h: spin briefly, then sleep. */
#include "lock.h"

#define SPINS 64

void sp_lock_slow(uint32_t *lock)
{
    for (int i = 0; i < SPINS; i++) {
        __builtin_ia32_pause();
        if (sp_load(lock) == 0 && sp_try_lock(lock))
            return;
    }
    while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
        sp_os_wait(lock, 2);
}
