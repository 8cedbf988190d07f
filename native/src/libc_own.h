/*
 * libc_own.h - read before every file of the debug build's shared object, which has
 * checked versions of libc's calls under libc's names (calls.h). The library's own
 * calls, those that the compiler makes of a loop or an assignment included, go to
 * hidden names (libc_real.c): never checked, never another library's.
 */
#ifndef SPACES_LIBC_OWN_H
#define SPACES_LIBC_OWN_H

#define SP_OWN(name) __asm__("sp_libc_" #name) __attribute__((visibility("hidden")))

extern void *memcpy(void *, const void *, __SIZE_TYPE__) SP_OWN(memcpy);
extern void *memmove(void *, const void *, __SIZE_TYPE__) SP_OWN(memmove);
extern void *memset(void *, int, __SIZE_TYPE__) SP_OWN(memset);
extern int memcmp(const void *, const void *, __SIZE_TYPE__) SP_OWN(memcmp);
extern __SIZE_TYPE__ strlen(const char *) SP_OWN(strlen);
extern __SIZE_TYPE__ strnlen(const char *, __SIZE_TYPE__) SP_OWN(strnlen);
extern int strcmp(const char *, const char *) SP_OWN(strcmp);
extern int strncmp(const char *, const char *, __SIZE_TYPE__) SP_OWN(strncmp);
extern char *strcpy(char *, const char *) SP_OWN(strcpy);

#endif
