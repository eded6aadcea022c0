# SPDX-License-Identifier: MIT
# For tests of behaviour: `. "$MTR_SRC/tests/behave/behave.sh"`. POSIX shell.

. "$MTR_SRC/tests/lib.sh"
need_preload

# The debug build's log would drown what is compared.
mtr_quiet=${MTR_DEBUG:+log=/dev/null}

# Run a command under the library, the victims knowing it. A library that
# makes a program hang is killed in the end. MTR_BEFORE and MTR_AFTER name
# libraries to come before it and after it.
under() {
    mtr_libraries=${MTR_BEFORE:+$MTR_BEFORE:}$MTR_LIB${MTR_AFTER:+:$MTR_AFTER}
    timeout -k 5 600 "$mtr_env" LD_PRELOAD="$mtr_libraries" \
        MALLOC_TRACER_OPTIONS="${mtr_options-$mtr_quiet}" MTR_TRACED=1 "$@" \
        2>&"${mtr_err:-2}"
}

plain() {
    mtr_libraries=${MTR_BEFORE:+$MTR_BEFORE:}${MTR_AFTER-}
    timeout -k 5 600 "$mtr_env" \
        ${mtr_libraries:+LD_PRELOAD="$mtr_libraries"} "$@" \
        2>&"${mtr_err:-2}"
}

# A victim that judges itself: on plain libc, then under the library.
both() { # VICTIM ARG...
    mtr_victim=$(victim "$1")
    mtr_what=$*
    shift
    plain "$mtr_victim" "$@" || judge "$mtr_what, plain" $? || return 0
    under "$mtr_victim" "$@" || judge "$mtr_what, traced" $? || return 0
    echo "ok: $mtr_what"
}

# An emulator may be short of what a victim needs even without the library.
judge() { # WHAT STATUS
    case $2-$1 in
    0-*) return 0 ;;
    77-*) ;;
    *", plain") [ -n "${MTR_EMULATE-}" ] || fail "$1: exit status $2" ;;
    *) fail "$1: exit status $2" ;;
    esac
    [ "$2" -eq 77 ] || echo "$1: exit status $2 here"
    echo "skipped: $1"
    return 1
}

need_cxx() {
    [ -x "$(victim all_new)" ] || skip "no C++ compiler"
}

# Run a command, plain and traced: its output, errors and status are to be the
# same. With mtr_silent nothing is said of what is well. The shell's own word on
# a program's death ("Segmentation fault") names lines of a script, and goes
# elsewhere than the program's errors.
compare() { # NAME COMMAND ARG...
    mtr_what=$1
    shift
    mtr_err=9
    exec 9>"$mtr_tmp/plain.err"
    plain "$@" >"$mtr_tmp/plain.out" 2>/dev/null
    mtr_plain=$?
    exec 9>"$mtr_tmp/traced.err"
    under "$@" >"$mtr_tmp/traced.out" 2>/dev/null
    mtr_traced=$?
    mtr_err=
    exec 9>&-
    same "$mtr_what: output" "$mtr_tmp/plain.out" "$mtr_tmp/traced.out"
    same "$mtr_what: errors" "$mtr_tmp/plain.err" "$mtr_tmp/traced.err"
    [ "$mtr_plain" -eq "$mtr_traced" ] ||
        fail "$mtr_what: exit status $mtr_traced, not $mtr_plain"
    ${mtr_silent:+:} echo "ok: $mtr_what"
}
