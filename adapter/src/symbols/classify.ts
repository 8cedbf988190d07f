/** Whose code a frame is: the user's, the allocator's, or the C and C++ runtime's. */
import * as path from 'node:path';

export type Owner = 'user' | 'allocator' | 'runtime';

const ALLOCATOR_MODULE = /^libspaces(-debug)?\.so/;
const RUNTIME_MODULE =
  /^(ld-linux[-\w]*|libc|libm|libpthread|libdl|librt|libresolv|libstdc\+\+|libgcc_s|libc\+\+|libc\+\+abi|libunwind)([-.][\d.]+)?\.so/;
/** Where Spaces is linked in, its functions are told by their prefix. */
const ALLOCATOR_FUNCTION = /^spaces_\w+$/;
/** Entry code that every program has. */
const RUNTIME_FUNCTION = /^(_start|__libc_start_main\w*|__libc_start_call_main|_init|_fini)$/;

/** The owner of a frame, from the path of its module and the name of its function. */
export function ownerOf(module: string, functionName: string): Owner {
  const base = path.basename(module);
  if (ALLOCATOR_MODULE.test(base) || ALLOCATOR_FUNCTION.test(functionName)) {
    return 'allocator';
  }
  if (base === '[vdso]' || RUNTIME_MODULE.test(base) || RUNTIME_FUNCTION.test(functionName)) {
    return 'runtime';
  }
  return 'user';
}
