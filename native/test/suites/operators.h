/* operators.h - C++'s operators new and delete as C functions, for the suites. */
#ifndef SPACES_TEST_OPERATORS_H
#define SPACES_TEST_OPERATORS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *cxx_new(size_t size);
void *cxx_new_array(size_t size);
void *cxx_new_aligned(size_t size);
void *cxx_new_nothrow(size_t size);
void cxx_delete(void *p);
void cxx_delete_array(void *p);
void cxx_delete_aligned(void *p);
void cxx_delete_sized(void *p, size_t size);
/* Whether new of an impossible size throws std::bad_alloc, after its new-handler gave up. */
int cxx_throws_bad_alloc(int *handler_calls);

/* Throw what cxx_catches catches. */
void cxx_throw(void);
/* Whether the call was left by cxx_throw's exception; its frames' objects were destroyed. */
int cxx_catches(void (*call)(void *), void *argument);

#ifdef __cplusplus
}
#endif
#endif
