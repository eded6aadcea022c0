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
