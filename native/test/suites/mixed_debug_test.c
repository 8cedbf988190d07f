/* mixed_debug_test.c - mixed_test.c as the debug build compiles the engine: freed memory
 * is filled, and looked at when it is handed out. */
#define SPACES_DEBUG
#include "mixed_test.c"
