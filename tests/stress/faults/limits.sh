# SPDX-License-Identifier: MIT
# RLIMIT_AS at many values: a program never crashes or hangs that does not
# without the library; and where it has what it needs without it, and what the
# library needs (libmalloc_tracer(7)), it works.

limited() { # KILOBYTES NAME COMMAND...
    kilobytes=$1 name=$2
    shift 2
    # the shell keeps its own limit
    (
        ulimit -v "$kilobytes" || exit 99
        serve timeout -k 1 30 "$@" >limited.out 2>/dev/null
    )
    status=$?
    echo "$name $kilobytes $status $(cksum <limited.out | tr ' ' -)"
}

load() {
    values=${STRESS_LIMITS:-40}
    # so low that nothing starts, which the kernel answers with SIGSEGV
    kilobytes=1500
    i=0
    while [ $i -lt "$values" ]; do
        limited $kilobytes ls ls /
        limited $kilobytes sh sh -c 'a=x; for i in 1 2 3 4 5 6 7 8 9 10; do
            a=$a$a$a; done; echo ${#a}'
        ! command -v sqlite3 >/dev/null || limited $kilobytes sqlite3 \
            sqlite3 :memory: 'create table t(a); with recursive n(i) as (select
            1 union all select i + 1 from n where i < 3000) insert into t
            select zeroblob(200) from n; select count(*) from t;'
        ! command -v perl >/dev/null || limited $kilobytes perl \
            perl -e 'my @a = map { "x" x $_ } 1 .. 2000; print scalar @a'
        limited $kilobytes torture "$STRESS_BIN/torture" 2 1 1
        kilobytes=$((kilobytes * 112 / 100))
        i=$((i + 1))
    done
}

# PLAIN-OUT TRACED-OUT TRACED-ERR. What the library needs: 2 MiB, 8 with
# stacks=N, and an eighth of the limit for records and ledger.
judge() {
    case $2 in
    *.callers.out | *.stacks.out | *.sample.out) base=8192 ;;
    *) base=2048 ;;
    esac
    awk -v base=$base '
        NF < 4 || done { next }
        FNR == NR {
            n[$1]++; at[$1, n[$1]] = $2; got[$1, n[$1]] = $3 " " $4
            if ($3 >= 124) crash[$1, $3] = 1
            # the least limit from which on it always works
            if ($3 != 0) least[$1] = 0
            else if (!least[$1]) least[$1] = $2
            best[$1] = $4
            next
        }
        $3 >= 124 && !(($1, $3) in crash) {
            print $1 " within " $2 " KiB: " $3; done = 1
        }
        least[$1] && $2 >= least[$1] * 9 / 8 + base &&
                ($3 != 0 || $4 != best[$1]) {
            print $1 " within " $2 " KiB: " $3 ", works without it from " \
                least[$1] " KiB on"; done = 1
        }' "$1" "$2"
}
