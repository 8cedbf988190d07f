#!/usr/bin/env bash
# Real programs under glibc's malloc, the fast build and the debug build: the
# same output, the same exit status, no report, and the time each took.
#
#   test/programs/run.sh [NAME...]      only these programs
#
# Each program runs with SPACES_FOLLOW=1, so that its children are under the
# library too, and SPACES_ABORT=1, so that any report is a failure.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lib=$root/native/build
work=$(mktemp -d "${TMPDIR:-/tmp}/spaces-programs.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
export LC_ALL=C TZ=UTC GIT_CONFIG_NOSYSTEM=1 HOME=$work
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'

for build in libspaces.so libspaces-debug.so; do
  if [ ! -e "$lib/$build" ]; then
    echo "$lib/$build is missing: run 'make -C native' first" >&2
    echo "0 passed, 1 failed"
    exit 1
  fi
done

# ---- the programs: each writes what must be equal to stdout -----------------

prog_python() {
  # A slice of CPython's own test-suite; what it tells of times is cut.
  PYTHONMALLOC=malloc /usr/bin/python3 -m test -q test_list test_dict test_set test_deque test_heapq \
    test_json test_struct test_array test_weakref test_copy test_tempfile test_threading_local \
    2>&1 | grep -vE 'duration|Total|load avg|passed in|^$|== '
  return "${PIPESTATUS[0]}"
}

prog_perl() {
  perl -e '
    my (%words, @lists);
    my $x = 1;
    for my $i (1 .. 300000) {
      $x = ($x * 1103515245 + 12345) % 2147483648;
      $words{"w" . ($x % 50000)} .= chr(97 + $x % 26);
      push @{ $lists[$x % 100] }, $x % 7;
      $words{"w" . ($x % 50000)} = "" if $x % 11 == 0;
    }
    my $text = join ",", map { "$_=$words{$_}" } sort keys %words;
    $text =~ s/([aeiou])/<$1>/g;
    print length($text), " ", unpack("%32C*", $text), "\n";
    print scalar(@$_), " " for @lists;
    print "\n";'
}

# A repository with a history of its own, so that a shallow checkout does not matter.
make_history() {
  git init -q -b main "$work/history"
  git -C "$work/history" config user.name Test
  git -C "$work/history" config user.email test@example.invalid
  git -C "$work/history" config gc.auto 0
  cp -r "$root/native/src" "$root/native/include" "$root/docs" "$work/history/" 2>/dev/null
  for i in $(seq 1 40); do
    for f in "$work"/history/src/*.c; do echo "/* revision $i */" >>"$f"; done
    git -C "$work/history" add -A
    git -C "$work/history" commit -qm "Revision $i"
  done
}

prog_git() {
  local copy=$work/clone.$variant
  rm -rf "$copy"
  git clone -q --no-local "$work/history" "$copy" || return 1
  git -C "$copy" -c gc.autoDetach=false gc -q --aggressive --prune=now || return 1
  git -C "$copy" fsck --full 2>&1
  git -C "$copy" log --stat --format='%H %s' | md5sum
  git -C "$copy" grep -c revision HEAD~20 -- src | md5sum
  git -C "$copy" blame src/heap.c | md5sum
  git -C "$copy" diff HEAD~30 HEAD | md5sum
}

prog_gcc() {
  local status=0
  for f in heap error walker; do
    gcc -O2 -fPIC -std=gnu11 -pthread -c "$root/native/src/$f.c" -o "$work/$f.o" || status=1
    md5sum <"$work/$f.o"
  done
  return $status
}

prog_sqlite3() {
  sqlite3 :memory: "
    create table t(a integer primary key, b text, c real);
    with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000000)
      insert into t select x, printf('%08x', (x * 2654435761) % 4294967296), x / 7.0 from n;
    create index tb on t(b);
    select count(*), sum(a), min(b), max(b), round(sum(c), 3) from t;
    select substr(b, 1, 2) k, count(*) from t group by k order by k limit 8;
    delete from t where a % 3 = 0;
    update t set b = b || b where a % 5 = 0;
    select count(*), sum(length(b)) from t;
    select count(*) from t x join t y on x.a = y.a + 1;"
}

prog_node() {
  node -e '
    const { Worker, isMainThread } = require("worker_threads");
    const zlib = require("zlib"), crypto = require("crypto");
    let data = Buffer.alloc(0), x = 1;
    const parts = [];
    for (let i = 0; i < 20000; i++) {
      x = (x * 1103515245 + 12345) % 2147483648;
      parts.push(JSON.stringify({ i, x, text: "v".repeat(x % 100) }));
    }
    data = Buffer.from(parts.join("\n"));
    const packed = zlib.gzipSync(data, { level: 6 });
    console.log(crypto.createHash("sha1").update(zlib.gunzipSync(packed)).digest("hex"));
    const code = "const {parentPort}=require(\"worker_threads\");let a=[];" +
      "for(let i=0;i<200000;i++)a.push({i,s:\"s\"+i});parentPort.postMessage(a.length)";
    let left = 3;
    for (let i = 0; i < 3; i++)
      new Worker(code, { eval: true }).on("message", (n) => { if (!--left) console.log("workers", n); });'
}

prog_bash() {
  bash -c '
    declare -A seen
    x=1
    for ((i = 0; i < 30000; i++)); do
      x=$(((x * 1103515245 + 12345) % 2147483648))
      seen[k$((x % 500))]+=z
    done
    total=0
    for k in "${!seen[@]}"; do total=$((total + ${#seen[$k]})); done
    echo "$total ${#seen[@]}"
    for i in {1..60}; do (echo "child $i") & done | sort | md5sum
    wait'
}

prog_threads() { "$work/threads"; }

# ---- running ------------------------------------------------------------------

run_variant() { # variant name -> output in $work/name.variant.{out,err}, status in $status, time in $elapsed
  variant=$1
  local name=$2 start end
  start=$(date +%s%N)
  (
    case $variant in
      fast) export LD_PRELOAD=$lib/libspaces.so ;;
      debug) export LD_PRELOAD=$lib/libspaces-debug.so ;;
    esac
    export SPACES_FOLLOW=1 SPACES_ABORT=1
    "prog_$name"
  ) >"$work/$name.$variant.out" 2>"$work/$name.$variant.err" </dev/null
  status=$?
  end=$(date +%s%N)
  elapsed=$(((end - start) / 1000000))
}

verdict() { # name build ok why
  if [ "$3" = ok ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $1 ($2): $4"
    diff "$work/$1.plain.out" "$work/$1.$2.out" | head -n 10
    grep 'spaces:' "$work/$1.$2.err" | head -n 5
  fi
}

g++ -O2 -std=c++17 -pthread -o "$work/threads" "$here/threads.cpp" || exit 1
make_history
programs=${*:-python perl git gcc sqlite3 node bash threads}
printf '%-10s %10s %10s %10s %8s %8s\n' program 'glibc ms' 'fast ms' 'debug ms' fast debug
for name in $programs; do
  run_variant plain "$name"
  plain_status=$status plain=$elapsed
  times=()
  for build in fast debug; do
    run_variant $build "$name"
    times+=("$elapsed")
    if grep -q 'spaces:' "$work/$name.$build.err" "$work/$name.$build.out"; then
      verdict "$name" $build bad "a report"
    elif [ "$status" != "$plain_status" ]; then
      verdict "$name" $build bad "exit status $status, $plain_status under glibc"
    elif ! cmp -s "$work/$name.plain.out" "$work/$name.$build.out"; then
      verdict "$name" $build bad "another output than under glibc"
    elif [ "$plain_status" != 0 ]; then
      verdict "$name" $build bad "the program itself fails here (status $plain_status)"
      tail -n 5 "$work/$name.plain.err"
    else
      verdict "$name" $build ok
    fi
  done
  printf '%-10s %10d %10d %10d %8s %8s\n' "$name" "$plain" "${times[0]}" "${times[1]}" \
    "$(awk "BEGIN { printf \"%.2f\", ${times[0]} / $plain }")" \
    "$(awk "BEGIN { printf \"%.2f\", ${times[1]} / $plain }")"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
