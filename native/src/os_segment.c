/* os_segment.c - System V shared memory behind the contract of os.h. */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os.h"

static int get(int32_t key, uint64_t bytes, int flags)
{
    int saved = errno;
    int id = shmget((key_t)key, bytes, flags);
    int result = id < 0 ? -errno : id;
    errno = saved;
    return result;
}

int sp_os_segment_create(int32_t key, uint64_t bytes)
{
    return get(key, bytes, IPC_CREAT | IPC_EXCL | 0600);
}

int sp_os_segment_open(int32_t key)
{
    return get(key, 0, 0600);
}

void *sp_os_segment_attach(int id, void *address, int *error)
{
    int saved = errno;
    void *at = shmat(id, address, 0);
    if (at == (void *)-1 && address)
        at = shmat(id, NULL, 0);
    *error = at == (void *)-1 ? errno : 0;
    errno = saved;
    return *error ? NULL : at;
}

void sp_os_segment_detach(void *address)
{
    int saved = errno;
    shmdt(address);
    errno = saved;
}

void sp_os_segment_remove(int id)
{
    int saved = errno;
    shmctl(id, IPC_RMID, NULL);
    errno = saved;
}

int sp_os_segment_stat(int id, SpOsSegment *out)
{
    int saved = errno;
    struct shmid_ds about;
    int result = shmctl(id, IPC_STAT, &about) != 0 ? -errno : 0;
    errno = saved;
    if (result)
        return result;
    out->bytes = about.shm_segsz;
    out->attached = about.shm_nattch;
    out->creator = (uint32_t)about.shm_cpid;
    out->ours = about.shm_perm.cuid == geteuid();
    out->used = about.shm_atime != 0;
    return 0;
}

bool sp_os_process_lives(uint32_t id)
{
    int saved = errno;
    bool lives = syscall(SYS_kill, (pid_t)id, 0) == 0 || errno != ESRCH;
    errno = saved;
    return lives;
}
