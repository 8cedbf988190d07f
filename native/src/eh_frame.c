/*
 * eh_frame.c - from a code address to its call frame rule, by the binary search
 * table and the call frame programs that every x86-64 module carries
 * (DWARF 4, 6.4; the Linux Standard Base on .eh_frame_hdr).
 *
 * Kept are the three columns that a backtrace needs: CFA, rbp, return address.
 * What does not reduce to SpCfaRule gives SP_CFA_NONE, and the stack is cut.
 */
#include "base.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "unwind.h"

typedef struct Cursor {
    const uint8_t *at, *end;
} Cursor;

static uint64_t take(Cursor *c, unsigned bytes)
{
    uint64_t value = 0;
    if ((size_t)(c->end - c->at) < bytes) {
        c->at = c->end;
        return 0;
    }
    memcpy(&value, c->at, bytes);
    c->at += bytes;
    return value;
}

static uint64_t take_uleb(Cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; c->at < c->end && shift < 64; shift += 7) {
        uint8_t byte = *c->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

static int64_t take_sleb(Cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;
    while (c->at < c->end && shift < 64) {
        byte = *c->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80))
            break;
    }
    if (shift < 64 && (byte & 0x40))
        value |= ~UINT64_C(0) << shift;
    return (int64_t)value;
}

/* DW_EH_PE_*: low nibble the format, then what it is relative to. */
static uintptr_t take_encoded(Cursor *c, uint8_t encoding)
{
    const uint8_t *place = c->at;
    uintptr_t value;
    switch (encoding & 0x0f) {
    case 0x00:
    case 0x04:
    case 0x0c:
        value = take(c, 8);
        break;
    case 0x01:
        value = take_uleb(c);
        break;
    case 0x02:
        value = take(c, 2);
        break;
    case 0x03:
        value = take(c, 4);
        break;
    case 0x09:
        value = (uintptr_t)take_sleb(c);
        break;
    case 0x0a:
        value = (uintptr_t)(int64_t)(int16_t)take(c, 2);
        break;
    case 0x0b:
        value = (uintptr_t)(int64_t)(int32_t)take(c, 4);
        break;
    default:
        return 0;
    }
    return (encoding & 0x70) == 0x10 ? value + (uintptr_t)place : value;
}

typedef struct Module {
    uintptr_t pc;
    const uint8_t *eh_frame_hdr;
} Module;

#ifndef DLFO_STRUCT_HAS_EH_DBASE
static int match_module(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    Module *module = data;
    bool inside = false;
    const uint8_t *hdr = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && module->pc >= start && module->pc < start + p->p_memsz)
            inside = true;
        if (p->p_type == PT_GNU_EH_FRAME)
            hdr = (const uint8_t *)start;
    }
    if (inside)
        module->eh_frame_hdr = hdr;
    return inside;
}
#endif

static const uint8_t *find_eh_frame_hdr(uintptr_t pc)
{
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    struct dl_find_object found;
    return _dl_find_object((void *)pc, &found) == 0 ? found.dlfo_eh_frame : NULL;
#else
    Module module = {pc, NULL};
    dl_iterate_phdr(match_module, &module);
    return module.eh_frame_hdr;
#endif
}

/* The frame description entry whose range may hold pc. */
static const uint8_t *find_fde(const uint8_t *hdr, uintptr_t pc)
{
    /* Version 1, table of pairs of 4-byte offsets from hdr: what linkers write. */
    if (hdr[0] != 1 || hdr[2] == 0xff || hdr[3] != 0x3b)
        return NULL;
    Cursor c = {hdr + 4, hdr + 4 + 32};
    take_encoded(&c, hdr[1]);
    uint64_t count = take_encoded(&c, hdr[2]);
    const int32_t *table = (const int32_t *)(const void *)c.at;
    int64_t target = (int64_t)(pc - (uintptr_t)hdr);
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (table[middle * 2] <= target)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? hdr + table[(low - 1) * 2 + 1] : NULL;
}

typedef struct Row {
    int64_t cfa_offset, rbp_offset;
    uint8_t cfa_base; /* SP_CFA_* */
    bool rbp_saved, return_undefined, return_moved;
} Row;

enum { REG_RBP = 6, REG_RSP = 7, REG_RETURN = 16 };

static uint8_t cfa_base_of(uint64_t reg)
{
    return reg == REG_RSP ? SP_CFA_RSP : reg == REG_RBP ? SP_CFA_RBP : SP_CFA_NONE;
}

static void set_offset(Row *row, uint64_t reg, int64_t offset)
{
    if (reg == REG_RBP) {
        row->rbp_saved = true;
        row->rbp_offset = offset;
    } else if (reg == REG_RETURN) {
        row->return_moved = offset != -8;
    }
}

static void set_same(Row *row, uint64_t reg)
{
    if (reg == REG_RBP)
        row->rbp_saved = false;
}

/* DW_OP_breg6 offset; DW_OP_deref is what compilers write for a realigned stack. */
static void set_expression(Row *row, Cursor block)
{
    row->cfa_base = SP_CFA_NONE;
    if (take(&block, 1) != 0x76)
        return;
    int64_t offset = take_sleb(&block);
    if (take(&block, 1) == 0x06 && block.at == block.end) {
        row->cfa_base = SP_CFA_RBP_DEREF;
        row->cfa_offset = offset;
    }
}

static Cursor take_block(Cursor *c)
{
    uint64_t length = take_uleb(c);
    if (length > (uint64_t)(c->end - c->at))
        length = (uint64_t)(c->end - c->at);
    Cursor block = {c->at, c->at + length};
    c->at += length;
    return block;
}

#define REMEMBERED 4

/* Run a call frame program until it passes pc. False for what it does not know. */
static bool run(Cursor c, uintptr_t location, uintptr_t pc, uint64_t code_align, int64_t data_align,
                uint8_t encoding, const Row *initial, Row *row)
{
    Row stack[REMEMBERED];
    unsigned depth = 0;
    while (c.at < c.end && location <= pc) {
        uint8_t op = *c.at++;
        uint8_t low = op & 0x3f;
        switch (op & 0xc0) {
        case 0x40: /* advance_loc */
            location += low * code_align;
            continue;
        case 0x80: /* offset */
            set_offset(row, low, (int64_t)take_uleb(&c) * data_align);
            continue;
        case 0xc0: /* restore */
            if (low == REG_RBP) {
                row->rbp_saved = initial->rbp_saved;
                row->rbp_offset = initial->rbp_offset;
            }
            continue;
        }
        switch (op) {
        case 0x00: /* nop */
            break;
        case 0x01: /* set_loc */
            location = take_encoded(&c, encoding);
            break;
        case 0x02: /* advance_loc1, 2, 4 */
            location += take(&c, 1) * code_align;
            break;
        case 0x03:
            location += take(&c, 2) * code_align;
            break;
        case 0x04:
            location += take(&c, 4) * code_align;
            break;
        case 0x05: { /* offset_extended */
            uint64_t reg = take_uleb(&c);
            set_offset(row, reg, (int64_t)take_uleb(&c) * data_align);
            break;
        }
        case 0x06: /* restore_extended */
            if (take_uleb(&c) == REG_RBP) {
                row->rbp_saved = initial->rbp_saved;
                row->rbp_offset = initial->rbp_offset;
            }
            break;
        case 0x07: /* undefined */
            if (take_uleb(&c) == REG_RETURN)
                row->return_undefined = true;
            break;
        case 0x08: /* same_value */
            set_same(row, take_uleb(&c));
            break;
        case 0x09: /* register */
            if (take_uleb(&c) == REG_RBP)
                return false;
            take_uleb(&c);
            break;
        case 0x0a: /* remember_state */
            if (depth == REMEMBERED)
                return false;
            stack[depth++] = *row;
            break;
        case 0x0b: /* restore_state */
            if (!depth)
                return false;
            *row = stack[--depth];
            break;
        case 0x0c: /* def_cfa */
            row->cfa_base = cfa_base_of(take_uleb(&c));
            row->cfa_offset = (int64_t)take_uleb(&c);
            break;
        case 0x0d: /* def_cfa_register */
            row->cfa_base = cfa_base_of(take_uleb(&c));
            break;
        case 0x0e: /* def_cfa_offset */
            row->cfa_offset = (int64_t)take_uleb(&c);
            break;
        case 0x0f: /* def_cfa_expression */
            set_expression(row, take_block(&c));
            break;
        case 0x10:   /* expression */
        case 0x16: { /* val_expression */
            uint64_t reg = take_uleb(&c);
            Cursor block = take_block(&c);
            /* A realigned frame saves rbp at breg6 + 0: where rbp points. */
            if (reg == REG_RBP && !(op == 0x10 && block.end - block.at == 2 &&
                                    block.at[0] == 0x76 && block.at[1] == 0))
                return false;
            if (reg == REG_RBP) {
                row->rbp_saved = true;
                row->rbp_offset = INT64_MAX; /* at rbp itself */
            }
            break;
        }
        case 0x11: { /* offset_extended_sf */
            uint64_t reg = take_uleb(&c);
            set_offset(row, reg, take_sleb(&c) * data_align);
            break;
        }
        case 0x12: /* def_cfa_sf */
            row->cfa_base = cfa_base_of(take_uleb(&c));
            row->cfa_offset = take_sleb(&c) * data_align;
            break;
        case 0x13: /* def_cfa_offset_sf */
            row->cfa_offset = take_sleb(&c) * data_align;
            break;
        case 0x2e: /* GNU_args_size */
            take_uleb(&c);
            break;
        default:
            return false;
        }
    }
    return true;
}

SpCfaRule sp_eh_frame_rule(uintptr_t pc)
{
    SpCfaRule none = {0, SP_RBP_KEPT, SP_CFA_NONE};
    const uint8_t *hdr = find_eh_frame_hdr(pc);
    const uint8_t *fde = hdr ? find_fde(hdr, pc) : NULL;
    if (!fde)
        return none;
    uint32_t length;
    int32_t cie_delta;
    memcpy(&length, fde, 4);
    memcpy(&cie_delta, fde + 4, 4);
    if (!length || length == 0xffffffff || !cie_delta)
        return none;
    Cursor body = {fde + 8, fde + 4 + length};

    const uint8_t *cie = fde + 4 - cie_delta;
    uint32_t cie_length;
    memcpy(&cie_length, cie, 4);
    Cursor c = {cie + 8, cie + 4 + cie_length};
    uint8_t version = (uint8_t)take(&c, 1);
    const char *augmentation = (const char *)c.at;
    c.at += strnlen(augmentation, (size_t)(c.end - c.at)) + 1;
    if (version != 1 && version != 3)
        return none;
    uint64_t code_align = take_uleb(&c);
    int64_t data_align = take_sleb(&c);
    if (version == 1)
        take(&c, 1);
    else
        take_uleb(&c);
    uint8_t encoding = 0;
    bool sized = augmentation[0] == 'z';
    if (sized) {
        Cursor data = take_block(&c);
        for (const char *letter = augmentation + 1; *letter; letter++) {
            if (*letter == 'R')
                encoding = (uint8_t)take(&data, 1);
            else if (*letter == 'P')
                take_encoded(&data, (uint8_t)take(&data, 1));
            else if (*letter == 'L')
                take(&data, 1);
            else if (*letter == 'S')
                return (SpCfaRule){0, SP_RBP_KEPT, SP_CFA_SIGNAL};
            else
                break;
        }
    }
    uintptr_t begin = take_encoded(&body, encoding);
    uint64_t range = take_encoded(&body, encoding & 0x0f);
    if (pc < begin || pc - begin >= range)
        return none;
    if (sized)
        take_block(&body);
    Row initial = {0}, row;
    if (!run(c, begin, UINTPTR_MAX, code_align, data_align, encoding, &initial, &initial))
        return none;
    row = initial;
    if (!run(body, begin, pc, code_align, data_align, encoding, &initial, &row) ||
        row.return_undefined || row.return_moved || row.cfa_offset > INT32_MAX ||
        row.cfa_offset < INT32_MIN)
        return none;
    SpCfaRule rule = {(int32_t)row.cfa_offset, SP_RBP_KEPT, row.cfa_base};
    if (row.rbp_saved)
        rule.rbp_offset = row.rbp_offset == INT64_MAX ? INT32_MAX : (int32_t)row.rbp_offset;
    return rule;
}
