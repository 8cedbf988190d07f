#!/usr/bin/env bash
# Tests of the benchmark: its short form once, with glibc and Spaces, and what it does with bad input.
# The last line is "N passed, N failed". -s skips the build.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

passed=0
failed=0
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

check() { # check WHAT COMMAND ...
    local what=$1
    shift
    if "$@" >"$output/check" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 20 "$output/check"
    fi
}

refuses() { # refuses CODE TEXT BENCH-ARGUMENT ...: ends with the code and says the text
    local code=$1 text=$2 got=0
    shift 2
    ./bench.sh -s -q -n 1 -d "$output/results" "$@" >"$output/refused" 2>&1 || got=$?
    cat "$output/refused"
    ((got == code)) && grep -qF -- "$text" "$output/refused"
}

if [[ ${1:-} != -s ]]; then
    make --no-print-directory -j2 && make --no-print-directory -C bench -j2 || {
        echo '0 passed, 1 failed'
        exit 1
    }
fi

check 'the short form runs every workload' timeout 500 ./bench.sh -s -q -n 1 -o spaces -o glibc -d "$output/full"
check 'latest.json is complete' python3 -B bench/check_results.py "$output/full/latest.json" spaces glibc
check 'latest.svg is XML' python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$output/full/latest.svg"

python3 - "$output/full/latest.json" "$output/short.json" <<'PYTHON'
import json, sys
records = json.load(open(sys.argv[1]))
json.dump(records[:-1], open(sys.argv[2], 'w'))
PYTHON
check 'a missing record is noticed' bash -c \
    '! python3 -B bench/check_results.py "$1" spaces glibc' - "$output/short.json"

# A short form of what the soak run does for ten: growth is a figure of memory, not of time.
check 'memory does not creep' timeout 400 bench/creep.sh -s 1 build/libspaces.so

# A library without malloc: the run would measure glibc under another name.
gcc -shared -fPIC -x c -o "$output/nothing.so" - <<<'int nothing;'
check 'a library that is not malloc' refuses 1 'got malloc from' -w mleak-10 -a "nothing=$output/nothing.so"
# An allocator that breaks: the run counts as failed, the others go on.
gcc -shared -fPIC -x c -o "$output/broken.so" - <<<'void *malloc(unsigned long n) { (void)n; return 0; }'
check 'an allocator that returns NULL' refuses 1 'under broken' -w glibc-simple -a "broken=$output/broken.so"
# Two live blocks in one place: the workloads notice.
gcc -shared -fPIC -fno-builtin -x c -o "$output/overlap.so" - <<'C'
static _Alignas(64) char pool[1 << 30];
static unsigned long used = 256;
void *malloc(unsigned long n)
{
    if (n > 100 && n < 200)
        return pool;
    return pool + __atomic_fetch_add(&used, (n + 63) & ~63ul, __ATOMIC_RELAXED);
}
void free(void *block) { (void)block; }
void *calloc(unsigned long n, unsigned long size) { return malloc(n * size); }
C
check 'an allocator whose blocks overlap' refuses 1 'was overwritten' -w glibc-thread-2 -a "overlap=$output/overlap.so"
check 'an unknown workload' refuses 2 'No workload is called "nonsense"' -w nonsense
check 'a library that is not there' refuses 2 'there is no file /nonexistent/lib.so' -a ghost=/nonexistent/lib.so
check '-a without a name' refuses 2 'is not NAME=LIB' -a /nonexistent/lib.so
check 'a name taken twice' refuses 2 'Two allocators are called "glibc"' -a "glibc=$output/nothing.so"
check 'no rounds' refuses 2 'needs a number from 1' -n 0

tracking() { python3 -B bench/tracking -q -n 1 -d "$output/tracking" "$@"; }
check 'the price of tracking, short form' timeout 300 bash -c "$(declare -f tracking); output=$output tracking -t spaces-debug -t heaptrack -t asan"
check 'tracking.json is complete' python3 - "$output/tracking/tracking.json" <<'PYTHON'
import json, sys
records = json.load(open(sys.argv[1]))
assert [one['program'] for one in records] == ['sqlite3', 'cc1', 'python', 'map'], records
for one in records:
    assert one['tools']['spaces-debug']['cpuRatio'] > 0 and len(one['bars']) >= 2, one
    assert ('asan' in one['tools']) == (one['program'] == 'map') != ('asan' in one['absent']), one
PYTHON
check 'an unknown program' bash -c '! python3 -B bench/tracking -q -w nonsense'

echo "$passed passed, $failed failed"
((failed == 0))
