/** Decoding the slabs of a map, whatever their kind. */
#ifndef SPACES_ADDON_DECODE_H
#define SPACES_ADDON_DECODE_H

#include "heap_map.h"

namespace spaces {

/** Decodes the first window of a slab. What `lists` reads must stay good while it is used. */
inline SpDecodeResult decodeSlab(SpDecoder &decoder, Window &lists, const HeapMap &map,
                                 const SlabInfo &slab)
{
    SpDecodeResult result =
        sp_decode_slab(&decoder, lists.handle(), &slab.header, slab.address, map.debug());
    map.eachWaiting(slab, [&](const Waiting &some) {
        sp_decode_waiting(&decoder, lists.handle(), some.link, some.count);
    });
    return result;
}

/**
 * Calls `visit` with the decoder at each window of a slab: all slabs but mixed ones have one. What
 * `lists` reads must stay good while it is visited.
 */
template <typename Visit>
void eachWindow(SpDecoder &decoder, Window &lists, const HeapMap &map, const SlabInfo &slab,
                Visit visit)
{
    decodeSlab(decoder, lists, map, slab);
    for (;;) {
        lists.rethrow();
        visit(decoder);
        if (!sp_decode_more(&decoder))
            return;
        sp_decode_window(&decoder, lists.handle());
    }
}

/** Calls `visit` with the index of each block of the decoder's window. */
template <typename Visit> void eachBlock(const SpDecoder &decoder, Visit visit)
{
    for (uint32_t i = sp_decode_first(&decoder); i != SP_NO_BLOCK; i = sp_decode_after(&decoder, i))
        visit(i);
}

/** Has all that decoding a mixed slab reads asked for at once, where each answer costs a round. */
void foresee(Memory &memory, const SlabInfo &slab, bool debug);

} // namespace spaces

#endif
