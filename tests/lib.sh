# SPDX-License-Identifier: MIT
# For the test scripts: `. "$MTR_SRC/tests/lib.sh"`. POSIX shell.

set -u

LC_ALL=C
export LC_ALL

# A directory of the test's own, in the build tree, gone when it passes.
mtr_name=$(basename "$0" .sh)
mtr_tmp=$MTR_BUILD/tests/tmp.$mtr_name.$$
mkdir -p "$mtr_tmp" || exit 99

finish() {
    status=$?
    trap - EXIT
    # what was started in the background and is still there
    for pid in ${mtr_pids-}; do
        kill -KILL "$pid" 2>/dev/null
    done
    case $status in
    0 | 77) rm -rf "$mtr_tmp" ;;
    *) echo "$mtr_name: its files are in $mtr_tmp" ;;
    esac
    exit "$status"
}
trap finish EXIT
trap 'exit 99' INT TERM

# The test cannot run here: say why.
skip() {
    echo "SKIP: $*"
    exit 77
}

fail() {
    echo "FAIL: $*"
    exit 1
}

# In a second configuration a test that takes long says little more.
takes_long() {
    [ -z "${MTR_SHORT-}" ] || skip "it takes long, and MTR_SHORT is set"
}

# Until a command succeeds, however loaded the machine is; false: not within
# ten minutes.
eventually() { # COMMAND...
    mtr_tries=0
    until "$@"; do
        mtr_tries=$((mtr_tries + 1))
        [ "$mtr_tries" -lt 6000 ] || return 1
        sleep 0.1
    done
}

# Until process $pid waits for somebody, and has done nothing for half a second.
# False: it ended.
waits() {
    before=
    still=0
    while [ $still -lt 5 ]; do
        sleep 0.1
        now=$(sed 's/.*) \(.\) .*/\1/' "/proc/$pid/stat" 2>/dev/null) || return 1
        [ "$now" ] && [ "$now" != Z ] || return 1
        # state, and its times
        now=$now$(cut -d' ' -f14,15 "/proc/$pid/stat")
        case $now in
        S*) [ "$now" = "$before" ] && still=$((still + 1)) ;;
        *) still=0 ;;
        esac
        before=$now
    done
}

need() {
    for program; do
        command -v "$program" >/dev/null 2>&1 ||
            skip "$program is not installed"
    done
}

# An ASan-built library cannot be preloaded.
need_preload() {
    [ -z "${MTR_SANITIZERS-}" ] ||
        skip "sanitizers: a sanitized library cannot be preloaded"
    [ -f "$MTR_LIB" ] || fail "$MTR_LIB is not there"
}

# How a victim gets its environment: one of another machine is emulated, see
# tests/aarch64.
mtr_env=${MTR_EMULATE-env}

# What stops another process, or reads its memory: some containers and builders
# refuse that.
need_ptrace() {
    mtr_refused=$("$(victim denied)" check 2>&1) || skip "$mtr_refused"
}

# Run a command under the library; MTR_AFTER names allocators to come after it.
traced() {
    LD_PRELOAD="$MTR_LIB${MTR_AFTER:+:$MTR_AFTER}" "$@"
}

# The path of a victim. Emulated, it cannot be libtool's script that knows where
# the libraries are.
victim() {
    if [ -n "${MTR_EMULATE-}" ] && [ -f "$MTR_BUILD/tests/victims/.libs/$1" ]; then
        echo "$MTR_BUILD/tests/victims/.libs/$1"
    else
        echo "$MTR_BUILD/tests/victims/$1"
    fi
}

same() { # WHAT FILE FILE
    cmp -s "$2" "$3" && return
    echo "$1 differs:"
    diff "$2" "$3" | head -n 20
    exit 1
}

# The path of a shared library by its soname, a pattern; empty if it is not
# installed.
find_library() {
    [ -z "${MTR_SYSROOT-}" ] || {
        find -L "$MTR_SYSROOT/lib" -maxdepth 1 -name "$1" 2>/dev/null |
            head -n 1
        return
    }
    (PATH=$PATH:/sbin:/usr/sbin ldconfig -p) 2>/dev/null |
        sed -n "s|^[[:space:]]*$1 .*=> ||p" | head -n 1
}
