# SPDX-License-Identifier: MIT
# What the command takes to read a core. Read by run.

# Needed: the core on disk; the program's memory or the core in the page cache,
# and what the command takes. Prints what is short.
short_of() { # BLOCKS
    disk=$(df -Pk "$tmp" | awk 'NR == 2 { print $4 }')
    memory=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
    awk -v blocks="$1" -v disk="$disk" -v memory="${memory:-0}" '
    function need(what, each, have) {
        if (blocks * each / 1e6 + 200 > have / 1e3)
            printf "%.0f MB of %s are there, %.0f are needed\n", have / 1e3, \
                what, blocks * each / 1e6 + 200
    }
    BEGIN {
        need("disk space", 110, disk)
        need("memory", 270, memory)
    }' | head -n 1
}

end_victim() { # SIGNAL
    kill "-$1" "$victim" 2>/dev/null
    wait "$victim" 2>/dev/null
}

kernel_core() { # FILE
    case $(cat /proc/sys/kernel/core_pattern) in
    *[/%\|]*) return 1 ;;
    esac
    # shellcheck disable=SC3045 # dash and bash have it
    [ "$(ulimit -H -c)" = unlimited ] || return 1
    end_victim ABRT
    for file in "$tmp"/core "$tmp/core.$victim"; do
        [ ! -s "$file" ] || mv "$file" "$1" || die "$file: cannot be renamed"
    done
    victim=
    [ -s "$1" ]
}

gdb_core() { # FILE
    gcore -o "$tmp/core" "$victim" >"$tmp/out" 2>&1 &&
        mv "$tmp/core.$victim" "$1"
    end_victim KILL
    victim=
}

# PROGRAM with one more argument of its own: "blocks 11".
start_victim() { # BLOCKS CONFIG PROGRAM
    program=${3%% *} more=${3#"${3%% *}"}
    IFS='|' read -r name preload variables rest <<END
$(grep "^$2|" "$configs")
END
    rm -f "$tmp/told"
    mkfifo "$tmp/told" || exit 1
    (
        cd "$tmp" || exit 1
        # shellcheck disable=SC3045
        ulimit -S -c unlimited 2>/dev/null
        # shellcheck disable=SC2086 # a word, or none
        exec env LD_PRELOAD="$preload" ${variables:+"$variables"} \
            "$programs/$program" "$1" $more >told
    ) &
    victim=$!
    read -r ready <"$tmp/told" || die "$3 $1: failed"
}

take_core() { # BLOCKS CONFIG FILE PROGRAM
    start_victim "$1" "$2" "$4"
    kernel_core "$3" || {
        [ "$victim" ] || start_victim "$1" "$2" "$4"
        gdb_core "$3"
    }
    [ -s "$3" ] || return 1
    # half a core would be read in half the time
    found=$("$MTR_COMMAND" report --json "$3" |
        sed -n 's/.*"totals":{"blocks":\([0-9]*\),.*/\1/p')
    [ "${found:-0}" -ge "$1" ] ||
        die "a core of $1 blocks: the command finds ${found:-none}"
}

# measure's configurations: a core and what is asked of it, COMMAND:MODE:BLOCKS
exports='folded folded-retained folded-pins pprof pprof-retained pprof-pins
    heaptrack heapsnapshot html html-retained html-pins json csv'
measure_cores() {
    set --
    while read -r file mode blocks bytes; do
        few=$rounds
        [ "$blocks" -le 10000000 ] || [ "$rounds" -le 3 ] || few=3
        if [ "$mode" = graph ]; then
            set -- "$@" -c "leaks:$mode:$blocks" -n "$few" -a leaks \
                -a "$file" -c "by_root:$mode:$blocks" -n "$few" -a report \
                -a --by=root -a "$file"
            continue
        fi
        if [ "$mode" = many ]; then
            for export in $exports; do
                set -- "$@" -c "export_$export:$mode:$blocks" -n "$few" \
                    -a export -a "--format=${export%-*}" -a "-o$tmp/exported" \
                    -a "$file"
                case $export in
                *-*) set -- "$@" -a "--value=${export#*-}" ;;
                esac
            done
            continue
        fi
        set -- "$@" -c "report:$mode:$blocks" -n "$few" -a report -a "$file" \
            -c "list:$mode:$blocks" -n "$few" -a list -a --format=chap \
            -a "$file"
    done <"$tmp/cores"
    "$programs/measure" -mp -r "$rounds" -o "$tmp/analyzer" "$@" -- \
        "$MTR_COMMAND" >/dev/null || die "the command: no figures"
}

add_core() { # BLOCKS CONFIG PROGRAM MODE
    has_config "$2" || return 0
    short=$(short_of "$1")
    if [ "$short" ]; then
        echo "a core of $1 blocks is not measured: $short"
    elif take_core "$1" "$2" "$tmp/core.$4.$1" "$3"; then
        echo "$tmp/core.$4.$1 $4 $1 $(wc -c <"$tmp/core.$4.$1")" \
            >>"$tmp/cores"
    else
        echo "a core of $1 blocks is not measured: neither the kernel nor" \
            "gcore writes one here"
    fi
}

# Time is elapsed time, for that is what people wait; of two million blocks it
# has a budget.
analyzer_rows() { # COMMAND BUDGET
    awk -v command="$1" -v seconds="$2" '
    function verdict(value, budget, unit) {
        return sprintf("%g %s %s", budget, unit, \
            value <= budget ? "ok" : "OVER")
    }
    FNR == NR {
        bytes[$2, $3] = $4
        next
    }
    {
        split($2, part, ":")
        if (part[1] != command)
            next
        blocks = part[3]
        anonymous = $5 * 1024 / 1e6
        budget = ""
        if (blocks == 2000000) {
            budget = verdict($6, seconds, "s")
            if (command == "report")
                budget = budget ", " verdict(anonymous, 100, "MB")
        }
        printf "%-21s %-10s %10d %8.1f %8.3f %8.3f %9.1f %8.1f%s\n", \
            command, part[2], blocks, bytes[part[2], blocks] / 1e6, $6, $3, \
            $6 / blocks * 1e9, anonymous, budget ? "  " budget : ""
    }' "$tmp/cores" FS='\t' "$tmp/analyzer"
}

analyzer() {
    wanted analyzer || return 0
    echo
    [ -x "$MTR_COMMAND" ] || {
        echo "analyzer: not measured: $MTR_COMMAND is not there"
        return
    }
    : >"$tmp/cores"
    for blocks in ${BENCH_BLOCKS-200000 2000000 20000000}; do
        add_core "$blocks" default blocks default
        if [ "$blocks" -eq 2000000 ]; then
            add_core "$blocks" stacks32 blocks stacks32
            add_core "$blocks" stacks32 "blocks 11" many
        fi
        add_core "$blocks" default graph graph
    done
    [ -s "$tmp/cores" ] || return 0
    measure_cores
    printf '%-21s %-10s %10s %8s %8s %8s %9s %8s  %s\n' "READING A CORE" \
        recorded blocks "core MB" seconds CPU ns/block MB budget
    {
        analyzer_rows report 0.5
        analyzer_rows list 1
        analyzer_rows leaks 0.8
        analyzer_rows by_root 2.3
        for export in $exports; do
            analyzer_rows "export_$export" 2
        done
    } | show
    rm -f "$tmp"/core.*
    echo
    echo "list: with --format=chap; by_root: report --by=root; graph: blocks that" \
        "refer to each other at random; many: 131,072 call stacks, written to" \
        "a file, FORMAT-VALUE; seconds: elapsed, with the core in the" \
        "page cache; MB: peak of anonymous memory, all but mapped files"
}
