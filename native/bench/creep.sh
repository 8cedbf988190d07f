#!/usr/bin/env bash
# Whether memory grows without end: a mixed run under the C library, to compare, and under each build. Fails where the
# peak of resident memory in the last half of a run of ours is more than a twentieth above the first half's. A run of less
# than 2000 rounds has not come to rest in its first half (growth to 1.10 was seen at 400): there a quarter more fails.
#
# creep.sh [-s] [SECONDS [LIBRARY ...]]
#   -s        skip the build
#   SECONDS   of each run, about, 600 unless told; 400 rounds at least
#   LIBRARY   in place of the C library and both builds
# Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

if [[ ${1:-} == -s ]]; then
    shift
else
    make --no-print-directory -j2 && make --no-print-directory -C bench -j2 || {
        echo '0 passed, 1 failed'
        exit 1
    }
fi
seconds=${1:-600}
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "creep.sh: \"$seconds\" is no number of seconds" >&2
    exit 2
fi

shift
libraries=("$@")
(($# == 0)) && libraries=('' build/libspaces.so build/libspaces-debug.so)

threads=4
trial=40
passed=0
failed=0
for library in "${libraries[@]}"; do
    name=$(basename "${library:-glibc}" .so)
    start=$(date +%s%N)
    LD_PRELOAD=${library:+$PWD/$library} build/bench/creep $threads $trial >/dev/null || exit 1
    took=$(($(date +%s%N) - start))
    # As many rounds as the seconds hold; no fewer than the long-lived blocks need to be about as many as they will be.
    rounds=$((seconds * 1000000000 / took * trial))
    ((rounds < 400)) && rounds=400
    if ! figures=$(LD_PRELOAD=${library:+$PWD/$library} build/bench/creep $threads $rounds); then
        failed=$((failed + 1))
        echo "FAILED: $name: $figures"
        continue
    fi
    growth=$(awk '$1 == "resident_growth" { print $2 }' <<<"$figures")
    mib=$(awk '$1 == "resident_last_kib" { printf "%.0f", $2 / 1024 }' <<<"$figures")
    echo "$name: $rounds rounds, $SECONDS s so far, $mib MiB, last half over first: $growth"
    bound=1.05
    ((rounds < 2000)) && bound=1.25
    if [[ -z $library ]] || awk -v growth="$growth" -v bound=$bound 'BEGIN { exit !(growth <= bound) }'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name grew to more than $bound times its first half"
    fi
done
echo "$passed passed, $failed failed"
((failed == 0))
