/* fuzz.h - what a fuzzed program gives to whoever feeds it: libFuzzer, AFL++ or
 * driver.c. */
#ifndef SPACES_TEST_FUZZ_H
#define SPACES_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs one input; returns 0. What is wrong ends the process: see fuzz_fail. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what is wrong and aborts. */
__attribute__((noreturn, format(printf, 1, 2))) void fuzz_fail(const char *format, ...);

/* The bytes of an input, one after the other; zeroes after the last one. */
typedef struct FuzzInput {
    const uint8_t *data;
    size_t size;
    size_t at;
} FuzzInput;

static inline uint8_t fuzz_byte(FuzzInput *in)
{
    return in->at < in->size ? in->data[in->at++] : 0;
}

static inline uint32_t fuzz_word(FuzzInput *in)
{
    uint32_t low = fuzz_byte(in);
    return low | (uint32_t)fuzz_byte(in) << 8;
}

#ifdef __cplusplus
}
#endif
#endif
