# SPDX-License-Identifier: MIT
# A torture program is stopped at random moments, and its record read each time:
# no damaged block, at most one conflict a thread.

threads=4

pause_some() { # a random part of 60 ms
    number=$(((number * 1103515245 + 12345) % 2147483648))
    sleep "0.0$((number / 65536 % 60))"
}

read_record() { # PID
    "$MTR_COMMAND" report "$1" --json >look.json 2>look.err ||
        wrong "stop $i: $(head -n 1 look.err)"
    python3 "$STRESS_SRC/look.py" 1 $threads <look.json >look.said 2>&1 ||
        wrong "stop $i: $(tail -n 1 look.said)"
}

load() {
    need python3
    number=$STRESS_SEED
    serve "$STRESS_BIN/torture" $threads "$STRESS_SEED" >torture.log &
    pid=$!
    until_true grep -q ready torture.log || return
    i=0
    while [ $i -lt "${STRESS_STOPS:-200}" ]; do
        pause_some
        kill -STOP $pid || return
        ! traced || read_record $pid
        kill -CONT $pid
        i=$((i + 1))
    done
    kill -TERM $pid
    wait $pid
    echo "$i stops, exit status $?"
    cat torture.log
}
