# SPDX-License-Identifier: MIT
# For tests of stacks: `. "$MTR_SRC/tests/accuracy/accuracy.sh"`. POSIX shell.

. "$MTR_SRC/tests/behave/behave.sh"

[ -z "${MTR_DEBUG-}" ] || skip "the debug build logs every event: too slow"

mtr_options=stacks=32${mtr_quiet:+,$mtr_quiet}
mtr_checker=$MTR_BUILD/tests/accuracy/.libs/check_stacks.so

# The checker has the library's own objects: an installed one it cannot check.
need_checker() {
    [ -f "$mtr_checker" ] || fail "$mtr_checker is not there"
    ! grep -q 'libunwind\.so\.8' "$mtr_checker" ||
        [ -n "$(find_library libunwind.so.8)" ] || skip "no libunwind.so.8"
    [ -n "$(find_library libgcc_s.so.1)" ] || skip "no libgcc_s.so.1"
}

# Run a command under the checker, which compares one stack in EVERY. All have
# to be as libgcc's unwinder says, and libunwind's where that was there at
# ./configure. At least LEAST are to be
# compared. Fewer than one in 1000 may end early, unless accuracy_may_end. The
# command's status is to be accuracy_status.
accuracy() { # NAME EVERY LEAST COMMAND ARG...
    mtr_what=$1
    mtr_least=$3
    mtr_out=$mtr_tmp/totals.$1
    MTR_CHECK_OUT=$mtr_out MTR_CHECK_EVERY=$2
    export MTR_CHECK_OUT MTR_CHECK_EVERY
    shift 3
    MTR_LIB=$mtr_checker under "$@" >"$mtr_tmp/out" 2>"$mtr_tmp/err"
    mtr_status=$?
    [ "$mtr_status" -eq "${accuracy_status-0}" ] || {
        tail -n 5 "$mtr_tmp/err"
        fail "$mtr_what: exit status $mtr_status"
    }
    cat "$mtr_out".*[0-9] >"$mtr_tmp/all" 2>/dev/null ||
        fail "$mtr_what: the checker was not there"
    awk -v least="$mtr_least" -v may_end="${accuracy_may_end-}" \
        -v stale="${accuracy_stale-}" '
        { n[$1] += $2 }
        END {
            early = n["end_no_cfi"] + n["end_expression"]
            early += n["end_damaged"] + n["end_stack"]
            wrong = n["lost"] + n["gcc_differs"] + n["gcc_short"]
            wrong += n["gcc_long"] + n["outside_differs"]
            if (!stale) {
                wrong += n["unw_differs"] + n["unw_long"]
                wrong += n["unw_short"] - n["short_no_cfi"]
            }
            printf "%d compared, %d frames, %d wrong, %d ended early\n",
                n["compared"], n["frames"], wrong, early
            if (wrong || n["compared"] < least)
                exit 1
            exit !may_end && early * 1000 > n["compared"]
        }' "$mtr_tmp/all" >"$mtr_tmp/verdict" || {
        cat "$mtr_tmp/verdict"
        sort "$mtr_tmp/all" | grep -v ' 0$'
        head -n 50 "$mtr_out".*.differ 2>/dev/null
        fail "$mtr_what: stacks are not as they ought to be"
    }
    echo "ok: $mtr_what: $(cat "$mtr_tmp/verdict")"
}
