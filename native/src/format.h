/* format.h - text without libc's printf: on the caller's stack, bounded, usable
 * in a signal handler and while the heap is broken. What does not fit is cut. */
#ifndef SPACES_FORMAT_H
#define SPACES_FORMAT_H

#include "base.h"

#define SP_TEXT_MAX 6144u

typedef struct SpText {
    size_t length;
    char bytes[SP_TEXT_MAX];
} SpText;

static inline void sp_text_init(SpText *text)
{
    text->length = 0;
}
SP_HIDDEN void sp_text_add(SpText *text, const char *string);
SP_HIDDEN void sp_text_add_bytes(SpText *text, const char *bytes, size_t count);
SP_HIDDEN void sp_text_add_decimal(SpText *text, int64_t value);
SP_HIDDEN void sp_text_add_unsigned(SpText *text, uint64_t value);
/* 0x... */
SP_HIDDEN void sp_text_add_hex(SpText *text, uint64_t value);
/* Bytes as pairs of hex digits. */
SP_HIDDEN void sp_text_add_dump(SpText *text, const uint8_t *bytes, size_t count);
/* The same text as a JSON string, quotes included. */
SP_HIDDEN void sp_text_add_json(SpText *text, const char *string);

#endif
