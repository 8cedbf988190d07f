/* values.c - what spaces.h promises at compile time: every constant's value, every structure's
 * fields, every function's type. Compiled in each dialect, as C and as C++; never run. */
#include "spaces.h"

#ifdef __cplusplus
#define HOLDS(condition) static_assert(condition, #condition)
#elif __STDC_VERSION__ >= 201112L
#define HOLDS(condition) _Static_assert(condition, #condition)
#else
#define JOIN_(a, b)      a##b
#define JOIN(a, b)       JOIN_(a, b)
#define HOLDS(condition) typedef char JOIN(holds_at_line_, __LINE__)[(condition) ? 1 : -1]
#endif

HOLDS(SPACES_FLAG_FIXED == 0x0000);
HOLDS(SPACES_FLAG_ZERO_INIT == 0x0001);
HOLDS(SPACES_FLAG_MOVEABLE == 0x0002);
HOLDS(SPACES_FLAG_RESIZEABLE == 0x0004);
HOLDS(SPACES_FLAG_RESIZE_IN_PLACE == 0x0008);
HOLDS(SPACES_FLAG_NO_GROW == 0x0010);
HOLDS(SPACES_FLAG_NO_EXTERNAL == 0x0020);
HOLDS(SPACES_FLAG_NO_COMPACT == 0x0040);
HOLDS(SPACES_FLAG_NO_SERIALIZE == 0x0080);

HOLDS(SPACES_CHUNK_SHARED == 0x0001);
HOLDS(SPACES_CHUNK_SERIALIZE == 0x0002);
HOLDS(SPACES_CHUNK_VIRTUAL_LOCK == 0x0004);
HOLDS(SPACES_CHUNK_ZERO_INIT == 0x0008);
HOLDS(SPACES_CHUNK_AREA == 0x0010);
HOLDS(SPACES_CHUNK_FILE_MAPPING == 0x0020);
HOLDS(SPACES_CHUNK_DEFAULT == 0x8000);

HOLDS(SPACES_BLOCK_FIXED == 0x0001);
HOLDS(SPACES_BLOCK_VAR_MOVEABLE == 0x0002);
HOLDS(SPACES_BLOCK_VAR_FIXED == 0x0004);
HOLDS(SPACES_BLOCK_EXTERNAL == 0x0008);
HOLDS(SPACES_BLOCK_FREE == 0x0010);

HOLDS(SPACES_CHUNK_OK == 1);
HOLDS(SPACES_CHUNK_CORRUPT == -1);
HOLDS(SPACES_CHUNK_CORRUPT_FATAL == -2);
HOLDS(SPACES_CHUNK_END == 0);

HOLDS(SPACES_PTR_OK == 1);
HOLDS(SPACES_PTR_WILD == 0);
HOLDS(SPACES_PTR_FREE == -1);

HOLDS(SPACES_THREAD_EXCLUSIVE_OFF == 0);
HOLDS(SPACES_THREAD_EXCLUSIVE_ON == 0x10000);
HOLDS(SPACES_FREE_ON_THREAD_TERM == 0x20000);

HOLDS(SPACES_MAX_CALL_STACK == 32);
HOLDS(sizeof(((SpacesErrorInfo *)0)->callStack) == SPACES_MAX_CALL_STACK * sizeof(void *));
HOLDS(SPACES_ERROR_RET == (size_t)-1);
HOLDS(SPACES_UNLOCK_FAILED != 0 && SPACES_UNLOCK_FAILED != 1);

/* The document gives the codes' order. */
HOLDS(SPACES_OK == 0);
HOLDS(SPACES_ERR_INTERNAL == SPACES_OK + 1);
HOLDS(SPACES_ERR_OUT_OF_MEMORY == SPACES_ERR_INTERNAL + 1);
HOLDS(SPACES_ERR_BLOCK_TOO_BIG == SPACES_ERR_OUT_OF_MEMORY + 1);
HOLDS(SPACES_ERR_ALLOC_ZERO == SPACES_ERR_BLOCK_TOO_BIG + 1);
HOLDS(SPACES_ERR_RESIZE_FAILED == SPACES_ERR_ALLOC_ZERO + 1);
HOLDS(SPACES_ERR_LOCK == SPACES_ERR_RESIZE_FAILED + 1);
HOLDS(SPACES_ERR_EXCEEDED_CEILING == SPACES_ERR_LOCK + 1);
HOLDS(SPACES_ERR_TOO_MANY_PAGES == SPACES_ERR_EXCEEDED_CEILING + 1);
HOLDS(SPACES_ERR_TOO_MANY_TASKS == SPACES_ERR_TOO_MANY_PAGES + 1);
HOLDS(SPACES_ERR_BAD_CHUNK == SPACES_ERR_TOO_MANY_TASKS + 1);
HOLDS(SPACES_ERR_BAD_BLOCK == SPACES_ERR_BAD_CHUNK + 1);
HOLDS(SPACES_ERR_BAD_FREE_BLOCK == SPACES_ERR_BAD_BLOCK + 1);
HOLDS(SPACES_ERR_BAD_POINTER == SPACES_ERR_BAD_FREE_BLOCK + 1);
HOLDS(SPACES_ERR_WRONG_TASK == SPACES_ERR_BAD_POINTER + 1);
HOLDS(SPACES_ERR_NOT_FIXED_SIZE == SPACES_ERR_WRONG_TASK + 1);
HOLDS(SPACES_ERR_BAD_FLAGS == SPACES_ERR_NOT_FIXED_SIZE + 1);
HOLDS(SPACES_ERR_UNSUPPORTED == SPACES_ERR_BAD_FLAGS + 1);
HOLDS(SPACES_ERR_EXCEEDED_HEAP_LIMIT == SPACES_ERR_UNSUPPORTED + 1);
HOLDS(SPACES_ERR_LICENSE == SPACES_ERR_EXCEEDED_HEAP_LIMIT + 1);
HOLDS(SPACES_ERR_BAD_ALIGNMENT == SPACES_ERR_LICENSE + 1);

HOLDS(SPACES_SMALL_NONE != SPACES_SMALL_V3 && SPACES_SMALL_V3 != SPACES_SMALL_V5);
HOLDS(SPACES_MAJOR_VERSION(0x010203u) == 1);
HOLDS(SPACES_MINOR_VERSION(0x010203u) == 2);
HOLDS(SPACES_UPDATE_VERSION(0x010203u) == 3);

/* Every documented field, by name and type. */
void touch_error(SpacesErrorInfo *info);
void touch_entry(SpacesChunkEntry *entry);
void touch_info(SpacesChunkInfo *info);
void touch_process(SpacesProcessInfo *info);

void touch_error(SpacesErrorInfo *info)
{
    SpacesErrorCode *code = &info->errorCode;
    SpacesChunk *chunks[] = {&info->chunk, &info->argChunk};
    void **pointers[] = {&info->argPtr, &info->argBuf, &info->errorAlloc, &info->corruptAddr,
                         &info->callStack[0]};
    size_t *sizes[] = {&info->argSize, &info->argCount};
    unsigned *flags = &info->argFlags;
    const char **file = &info->file;
    int *numbers[] = {&info->line, &info->pid};
    unsigned long *counters[] = {&info->allocCount, &info->passCount, &info->checkpoint};
    const SpacesErrorInfo *nested = info->objectCreationInfo;
    SpacesThreadId *thread = &info->threadID;
    (void)code, (void)chunks, (void)pointers, (void)sizes, (void)flags, (void)file;
    (void)numbers, (void)counters, (void)nested, (void)thread;
}

void touch_entry(SpacesChunkEntry *entry)
{
    void **pointers[] = {&entry->entry, &entry->reserved_ptr};
    SpacesChunk *chunks[] = {&entry->chunk, &entry->reserved_chunk};
    SpacesBlockType *type = &entry->type;
    int *in_use = &entry->isInUse;
    size_t *size = &entry->size;
    unsigned *depth = &entry->lockCount;
    (void)pointers, (void)chunks, (void)type, (void)in_use, (void)size, (void)depth;
}

void touch_info(SpacesChunkInfo *info)
{
    SpacesChunk *chunk = &info->chunk;
    unsigned *numbers[] = {&info->type, &info->blockSizeFS, &info->smallBlockSize, &info->pageSize,
                           &info->flags};
    size_t *sizes[] = {&info->floor, &info->ceiling};
    SpacesErrorFn *fn = &info->errorFn;
    (void)chunk, (void)numbers, (void)sizes, (void)fn;
}

void touch_process(SpacesProcessInfo *info)
{
    size_t *sizes[] = {&info->growIncrement, &info->freeBytes, &info->largeBlockThreshold,
                       &info->heapLimit,     &info->heapTotal, &info->totalFree};
    int *switches[] = {&info->useMunmap, &info->coelesceSystemAllocs};
    (void)sizes, (void)switches;
}

/* The variables, declared again. */
#ifdef __cplusplus
extern "C" {
#endif
extern SpacesChunk spaces_default_chunk;
extern unsigned short spaces_default_block_size;
extern unsigned spaces_default_page_size;
extern unsigned spaces_default_flags;
extern int spaces_malloc_linked;
#ifdef __cplusplus
}
#endif
