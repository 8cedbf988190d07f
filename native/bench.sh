#!/usr/bin/env bash
# The allocator's benchmark: every workload under every allocator on this machine, taking turns.
#
# bench.sh [-s] [-n N] [-w WORKLOAD] [-a NAME=LIB] [-o NAME] [-d DIR] [-q]
#   -s           skip the build
#   -n N         rounds; the figures are their medians (default 7)
#   -w WORKLOAD  only this workload, or all whose names begin so; may be repeated
#   -a NAME=LIB  a further allocator, by its shared library; may be repeated
#   -o NAME      only these of the allocators found; may be repeated
#   -d DIR       folder for the results (default bench/results)
#   -q           short form: seconds in all, to see that everything runs
#
# Ends with 1 where a run failed, never because of a time. Writes latest.json and latest.svg, and growth.svg where the
# rows that grow are among them.
set -euo pipefail
native=$(cd "$(dirname "$0")" && pwd)

build=yes
while getopts ':sn:w:a:o:d:qh' option; do
    if [[ $option == s ]]; then
        build=no
    elif [[ $option == h ]]; then
        sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
        exit 0
    fi
done

for tool in python3 make gcc g++; do
    if ! command -v "$tool" >/dev/null && [[ $tool == python3 || $build == yes ]]; then
        echo "bench.sh needs $tool: apt-get install python3 make gcc g++" >&2
        exit 2
    fi
done
if [[ $build == yes ]]; then
    make --no-print-directory -C "$native" -j"$(nproc)"
    make --no-print-directory -C "$native/bench" -j"$(nproc)"
fi
exec python3 -B "$native/bench/driver" "$@"
