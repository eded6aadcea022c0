# SPDX-License-Identifier: MIT
# A program that opens the library by dlopen(3) runs on, and none of its blocks
# is recorded: it is told so, and so is who asks for a report.

. "$MTR_SRC/tests/behave/behave.sh"

mkfifo "$mtr_tmp/go" "$mtr_tmp/told" || exit 99
exec 3<>"$mtr_tmp/go"

opened() { # HOW
    "$(victim opens_late)" "$MTR_LIB" "$1" <&3 >"$mtr_tmp/told" 3<&- &
    mtr_pids=$!
    read -r line <"$mtr_tmp/told" || fail "$*: it ends"
    [ "$line" = ready ] || fail "$*: $line"
    if [ -x "$MTR_COMMAND" ]; then
        "$MTR_COMMAND" report $mtr_pids >"$mtr_tmp/said" 2>&1 &&
            fail "$*: there is a report: $(cat "$mtr_tmp/said")"
        grep -qx "malloc_tracer: $mtr_pids: malloc_tracer's library came after \
libc's malloc, as by dlopen(3): nothing was recorded" "$mtr_tmp/said" ||
            fail "$*: $(cat "$mtr_tmp/said")"
    fi
    echo >&3
    wait $mtr_pids || fail "$*: exit status $?"
    mtr_pids=
    echo "ok: $MALLOC_TRACER_OPTIONS, $1"
}

for MALLOC_TRACER_OPTIONS in follow=1 stacks=1 stacks=32; do
    MALLOC_TRACER_OPTIONS=$MALLOC_TRACER_OPTIONS${mtr_quiet:+,$mtr_quiet}
    export MALLOC_TRACER_OPTIONS
    for how in local global deep; do
        opened $how
    done
done
