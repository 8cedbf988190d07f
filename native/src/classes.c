/* classes.c - the tables of classes.h. */
#include "classes.h"

uint8_t sp_malloc_bin[SP_SMALL_MAX / 8 + 1];
uint8_t sp_word_bin[SP_SMALL_MAX / 8 + 1];
uint32_t sp_bin_size[SP_CLASS_COUNT];
uint8_t sp_direct_first[SP_BIN_COUNT], sp_direct_count[SP_BIN_COUNT];

void sp_classes_init(void)
{
    unsigned bin = 0;
    for (uint32_t size = 8; size <= 64; size += 8)
        sp_bin_size[bin++] = size;
    for (uint32_t base = 64; base < SP_MEDIUM_MAX; base *= 2) {
        uint32_t steps = base < 1024 ? 8 : 4;
        for (uint32_t i = 1; i <= steps; i++)
            sp_bin_size[bin++] = base + base / steps * i;
    }
    unsigned word = 0, wide = 0;
    for (uint32_t i = 0; i <= SP_SMALL_MAX / 8; i++) {
        uint32_t size = i * 8;
        while (sp_bin_size[word] < size)
            word++;
        while (sp_bin_size[wide] < size || (size > 8 && sp_bin_size[wide] % 16))
            wide++;
        sp_word_bin[i] = (uint8_t)word;
        sp_malloc_bin[i] = (uint8_t)wide;
        if (i > 0 && i <= SP_DIRECT_COUNT && sp_direct_count[wide]++ == 0)
            sp_direct_first[wide] = (uint8_t)(i - 1);
    }
}

unsigned sp_bin_for(size_t size, size_t align)
{
    if (size > SP_MEDIUM_MAX || align > 4096)
        return SP_CLASS_COUNT;
    unsigned bin = size <= SP_SMALL_MAX ? sp_word_bin[(size + 7) / 8] : SP_SMALL_BINS;
    while (bin < SP_CLASS_COUNT && (sp_bin_size[bin] < size || sp_bin_size[bin] % align))
        bin++;
    return bin;
}
