# SPDX-License-Identifier: MIT
# What the library takes of the address space, and of memory that is locked:
# libmalloc_tracer(7) gives the numbers, and programs have limits. Whatever the
# limit is: a program ends as it would.

. "$MTR_SRC/tests/behave/behave.sh"

footprint=$(victim footprint)

check_cost() { # WHAT KB ARG...
    what=$1 most=$2
    shift 2
    without=$(plain "$footprint" "$@") || return 0
    with=$(under "$footprint" "$@") || fail "$what: exit status $?"
    cost=$((with - without))
    echo "$what: $cost KB more than $without"
    [ "$cost" -le "$most" ] || fail "$what: more than $most KB"
}

# The linker may find no place for the library; then it says so. What it finds
# no place for at the very start it ends for.
check_limits() { # OPTIONS
    mtr_options=$1
    least=$(plain "$footprint") || fail "footprint: exit status $?"
    kb=$((least + 64))
    while [ "$kb" -lt $((least + 9000)) ]; do
        MALLOC_TRACER_OPTIONS=$1 "$footprint" fill "$kb" "$MTR_LIB" \
            >"$mtr_tmp/out" 2>"$mtr_tmp/err"
        status=$?
        case $status in
        0) [ "$(cat "$mtr_tmp/out")" = filled ] ||
            fail "$kb KB, '$1': $(cat "$mtr_tmp/out")" ;;
        127) [ "$kb" -lt $((least + 2048)) ] || fail "$kb KB, '$1': not started" ;;
        *) fail "$kb KB, '$1': exit status $status: $(cat "$mtr_tmp/err")" ;;
        esac
        kb=$((kb + 236))
    done
    echo "ok: limits with '$1'"
}

check_cost "address space" 2048
check_cost "locked" 2048 lock
mtr_options=stacks=32${mtr_quiet:+,$mtr_quiet}
check_cost "address space, stacks=32" 6144
check_cost "locked, stacks=32" 6144 lock
check_limits "$mtr_quiet"
check_limits "stacks=32${mtr_quiet:+,$mtr_quiet}"
