# SPDX-License-Identifier: MIT
# Instructions, which are the same on a busy machine. Read by run.

# A run and one three times as long: the difference is the operations alone.
count_run() { # PRELOAD VARIABLES COMMAND ARG...
    preload=$1 variables=$2
    shift 2
    (
        IFS=';'
        for variable in $variables; do
            export "${variable?}"
        done
        unset IFS
        [ -z "$preload" ] || export LD_PRELOAD="$preload"
        exec valgrind --tool=callgrind --callgrind-out-file="$tmp/callgrind" \
            "$@"
    ) >/dev/null 2>"$tmp/valgrind" || return 1
    for file in $(echo "$preload" | tr : ' '); do
        grep -qF "$(readlink -f "$file")" "$tmp/callgrind" || return 1
    done
    sed -n 's/^totals: *//p' "$tmp/callgrind"
}

count_config() { # NAME PRELOAD VARIABLES LOAD COUNT
    low=$(count_run "$2" "$3" "$programs/micro" "$4" "$5") &&
        high=$(count_run "$2" "$3" "$programs/micro" "$4" $(($5 * 3))) &&
        awk -v low="$low" -v high="$high" -v count="$5" \
            'BEGIN { printf "%.1f\n", (high - low) / count / 2 }'
}

count_load() { # LOAD COUNT
    first=
    configs_of instructions >"$tmp/taking-part"
    while IFS='|' read -r name preload variables rest; do
        each=$(count_config "$name" "$preload" "$variables" "$1" "$2") || {
            [ "$name" != default ] || die "$1: $(cat "$tmp/valgrind")"
            printf '%-16s %-16s not counted\n' "" "$name"
            continue
        }
        if [ -z "$first" ]; then
            first=$each
            printf '%-16s %-16s %7s\n' "$1" "$name" "$each"
        else
            awk -v load="$1" -v name="$name" -v x="$each" -v y="$first" \
                'BEGIN { printf "%16s %-16s %7.1f  %+6.1f\n", "", name, x, \
                    x - y }'
        fi
    done <"$tmp/taking-part"
}

instructions() {
    wanted instructions || return 0
    echo
    installed instructions valgrind || return 0
    printf '%-16s %-16s %7s  %6s\n' "INSTRUCTIONS" configuration each added
    count_load pair 100000
    count_load deep 50000
    count_load churn 100000
}

# What the library adds to the start of a program.
startup() {
    wanted startup || return 0
    echo
    installed startup valgrind && installed startup bash || return 0
    configs_of startup >"$tmp/taking-part"
    printf '%-16s %-16s %9s  %9s  %6s\n' "START-UP" configuration \
        instructions added budget
    while IFS='|' read -r name preload variables rest; do
        # as people start it: C itself would leave out half of it
        count=$(LC_ALL=C.UTF-8 count_run "$preload" "$variables" \
            bash -c x=1) || {
            printf '%-16s %-16s not counted\n' "bash -c x=1" "$name"
            continue
        }
        case $name in
        plain) plain=$count ;;
        esac
        awk -v name="$name" -v x="$count" -v plain="$plain" '
        BEGIN {
            budget["default"] = 250000
            budget["stacks32"] = 600000
            verdict = name in budget ? sprintf("%d  %s", budget[name], \
                x - plain <= budget[name] ? "ok" : "OVER") : ""
            printf "%-16s %-16s %12d  %+9d  %s\n", "bash -c x=1", name, x, \
                x - plain, verdict
        }' | show
    done <"$tmp/taking-part"
}
