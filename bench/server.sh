# SPDX-License-Identifier: MIT
# A server under load: redis-server, which writes nothing to disk, is asked by
# fifty clients of redis-benchmark. What they feel is the 99th percentile: one
# request in a hundred takes longer. Debian links redis-server with jemalloc, and
# then `plain` has it as well. Read by run.

server_pin() { # FIRST|LAST: the processor of server or clients
    command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ] || return 0
    # 0,2-5 -> 0 and 5
    list=$(taskset -cp $$ | sed 's/.*: *//')
    case $1 in
    FIRST) echo "taskset -c ${list%%[,-]*}" ;;
    LAST) echo "taskset -c ${list##*[,-]}" ;;
    esac
}

# A socket's path must be short, and $tmp may be long.
server_cli() {
    (cd "$tmp" && redis-cli -s redis "$@" 2>/dev/null)
}

server_start() { # PRELOAD VARIABLES
    (
        cd "$tmp" || exit 1
        IFS=';'
        for variable in $2; do
            export "${variable?}"
        done
        unset IFS
        [ -z "$1" ] || export LD_PRELOAD="$1"
        # shellcheck disable=SC2046
        exec $(server_pin LAST) redis-server --port 0 --unixsocket redis \
            --save '' --appendonly no
    ) >"$tmp/server" 2>&1 &
    victim=$!
    tries=200
    until [ "$(server_cli ping)" = PONG ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && kill -0 "$victim" 2>/dev/null || return 1
        sleep 0.05
    done
}

# SETs first, which fill the memory. Prints the 99th percentile of both in
# milliseconds and what was answered in a second.
server_ask() {
    # shellcheck disable=SC2046
    (
        cd "$tmp" && exec $(server_pin FIRST) redis-benchmark -s redis \
            -t set,get -c 50 -d 100 -n 200000 -r 100000 --csv
    ) 2>/dev/null | tr -d '"' |
        awk -F , '
        $1 == "SET" || $1 == "GET" {
            p99[$1] = $7
            seconds += 1 / $2
        }
        END {
            if (!("GET" in p99))
                exit 1
            print p99["SET"], p99["GET"], 2 / seconds
        }'
}

# CPU time in seconds and peak memory in KiB
server_used() {
    server_cli info cpu | tr -d '\r' | awk -F : '
        $1 == "used_cpu_sys" || $1 == "used_cpu_user" { cpu += $2 }
        END { print cpu + 0 }'
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$victim/status"
}

server_end() { # false: it did not end well
    if server_cli shutdown nosave >/dev/null; then
        wait "$victim"
    else
        kill -KILL "$victim" 2>/dev/null
        wait "$victim" 2>/dev/null
        false
    fi
    set -- $?
    victim=
    rm -f "$tmp/redis"
    return "$1"
}

server_run() { # NAME PRELOAD VARIABLES BASE
    answers=
    server_start "$2" "$3" && answers=$(server_ask) && used=$(server_used)
    if server_end && [ "$answers" ]; then
        # shellcheck disable=SC2086
        echo "$1 ${4:-plain}" $answers $used >>"$tmp/served"
    elif is_peer "$1"; then
        echo "$1" >>"$tmp/unserved"
    else
        cat "$tmp/server" >&2
        die "redis-server: $1: no figures"
    fi
}

# Those with few rounds take part evenly, from the first on, as in measure.
server_round() { # ROUND
    while IFS='|' read -r name preload variables few base rest; do
        ! grep -qx "$name" "$tmp/unserved" || continue
        runs=$(grep -c "^$name " "$tmp/served")
        [ "$runs" -gt $(($1 * few / rounds)) ] ||
            server_run "$name" "$preload" "$variables" "$base" </dev/null
    done <"$tmp/taking-part"
}

server_rows() {
    awk '
    function median(key, config, n, i, j, x, v) {
        n = runs[config]
        for (i = 1; i <= n; i++) {
            x = value[key, config, i]
            for (j = i - 1; j > 0 && v[j] > x; j--)
                v[j + 1] = v[j]
            v[j + 1] = x
        }
        low = v[int((n + 3) / 4)]
        high = v[n + 1 - int((n + 3) / 4)]
        return (v[int((n + 1) / 2)] + v[int((n + 2) / 2)]) / 2
    }
    function row(config, against, set, spread) {
        set = median("set", config)
        spread = sprintf("%.2f..%.2f", low, high)
        cpu[config] = median("cpu", config)
        peak[config] = median("peak", config)
        printf "%-16s %-16s %7.3f  %6.3f  %7.3f  %7.3f %12s  %7.3f  %9.0f%s\n", \
            "redis-server", config, cpu[config], cpu[config] / cpu[against], \
            peak[config] / peak[against], set, spread, \
            median("get", config), median("rate", config), \
            against == "plain" ? "" : "  to " against
    }
    {
        if (!($1 in runs))
            order[++count] = $1
        base[$1] = $2
        n = ++runs[$1]
        value["set", $1, n] = $3
        value["get", $1, n] = $4
        value["rate", $1, n] = $5
        value["cpu", $1, n] = $6
        value["peak", $1, n] = $7
    }
    END {
        for (i = 1; i <= count; i++)
            row(order[i], base[order[i]])
    }' "$tmp/served"
    sed 's/^/redis-server does not run with /' "$tmp/unserved"
}

server() {
    wanted server || return 0
    echo
    installed redis-server redis-server && installed redis-server redis-cli &&
        installed redis-server redis-benchmark || return 0
    : >"$tmp/served"
    : >"$tmp/unserved"
    configs_of server >"$tmp/taking-part"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        server_round "$round"
        round=$((round + 1))
    done
    printf '%-16s %-16s %5s  %6s  %7s  %7s %12s  %7s  %9s\n' SERVER \
        configuration "seconds" ratio memory "SET ms" quartiles "GET ms" \
        requests/s
    server_rows | show
    echo
    echo "seconds: CPU time of the server; SET, GET: 99th percentile of the" \
        "answers' time"
}
