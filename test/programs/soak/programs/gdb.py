"""gdb: symbols of the allocator's debug build read, its types printed, a threaded program run, stopped and stepped,
with gdb's own Python at work."""
from harness import ROOT

PROGRAM = """
#include <pthread.h>
#include <stdlib.h>
struct node { struct node *next; int value; };
__attribute__((noinline)) struct node *push(struct node *list, int value)
{
    struct node *node = malloc(sizeof *node);
    node->next = list;
    node->value = value;
    return node;
}
static void *work(void *count)
{
    struct node *list = NULL;
    for (long i = 0; i < (long)count; i++)
        list = push(list, (int)i);
    while (list) {
        struct node *next = list->next;
        free(list);
        list = next;
    }
    return NULL;
}
int main(void)
{
    pthread_t threads[4];
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, (void *)(20 + i));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 7;
}
"""

SCRIPT = """
set pagination off
set confirm off
set debuginfod enabled off
set print thread-events off
python
count = {}
class Counter(gdb.Breakpoint):
    def stop(self):
        value = int(gdb.parse_and_eval('value'))
        count[value] = count.get(value, 0) + 1
        chain, node = 0, gdb.parse_and_eval('list')
        while int(node) and chain < 100:
            chain, node = chain + 1, node['next']
        return chain != value
Counter('push')
end
run
python print(sorted(count.items()))
info breakpoints
"""

SYMBOLS = """
set pagination off
set debuginfod enabled off
file LIBRARY
info functions ^spaces_
info types Sp
ptype struct SpSlab
ptype SpRoot
info line spaces_chunk_create
list spaces_chunk_create
python print(len(gdb.lookup_global_symbol('spaces_chunk_create').symtab.filename) > 0)
"""


def run(job):
    """What gdb prints, but for lines that hold numbers of processes."""
    (job.folder / 'program.c').write_text(PROGRAM)
    job.run(['gcc', '-g', '-O1', '-pthread', '-o', 'program', 'program.c'], counted=False)
    (job.folder / 'script').write_text(SCRIPT)
    # A gdb of its own: one that has seen this file as a preloaded library takes it badly as the program.
    (job.folder / 'symbols').write_text(SYMBOLS.replace('LIBRARY', str(ROOT / 'native/build/libspaces-debug.so')))
    told = []
    for _ in range(3):
        output = job.run(['gdb', '-nx', '-q', '-batch', '-x', 'script', 'program'])
        output += job.run(['gdb', '-nx', '-q', '-batch', '-x', 'symbols'])
        told += [line for line in output.splitlines() if '0x' not in line and '(process' not in line]
    return '\n'.join(told)
