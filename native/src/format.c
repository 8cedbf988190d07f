/* format.c - see format.h. */
#include "format.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void sp_text_add_bytes(SpText *text, const char *bytes, size_t count)
{
    size_t room = SP_TEXT_MAX - text->length;
    if (count > room)
        count = room;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
}

void sp_text_add(SpText *text, const char *string)
{
    sp_text_add_bytes(text, string, strlen(string));
}

void sp_text_add_unsigned(SpText *text, uint64_t value)
{
    char buffer[20];
    size_t at = sizeof buffer;
    do
        buffer[--at] = digits[value % 10];
    while (value /= 10);
    sp_text_add_bytes(text, buffer + at, sizeof buffer - at);
}

void sp_text_add_decimal(SpText *text, int64_t value)
{
    if (value < 0)
        sp_text_add(text, "-");
    sp_text_add_unsigned(text, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value);
}

void sp_text_add_hex(SpText *text, uint64_t value)
{
    char buffer[16];
    size_t at = sizeof buffer;
    do
        buffer[--at] = digits[value & 15];
    while (value >>= 4);
    sp_text_add(text, "0x");
    sp_text_add_bytes(text, buffer + at, sizeof buffer - at);
}

void sp_text_add_dump(SpText *text, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        sp_text_add_bytes(text, pair, 2);
    }
}

void sp_text_add_json(SpText *text, const char *string)
{
    sp_text_add(text, "\"");
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;
        if (c == '"' || c == '\\')
            sp_text_add(text, "\\");
        if (c < 32) {
            sp_text_add(text, "\\u00");
            sp_text_add_dump(text, &c, 1);
        } else {
            sp_text_add_bytes(text, string, 1);
        }
    }
    sp_text_add(text, "\"");
}
