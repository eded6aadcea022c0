# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it that check packages: results in the words of
# automake's tests, which .ci/run adds up. POSIX shell.

passed=0
failed=0
skipped=0

pass() {
    echo "PASS: $*"
    passed=$((passed + 1))
}

fail() {
    echo "FAIL: $*"
    failed=$((failed + 1))
}

skip() { # WHAT WHY
    echo "SKIP: $1: $2"
    skipped=$((skipped + 1))
}

# Whether a command succeeds.
check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@"; then pass "$what"; else fail "$what"; fi
}

# The last line of a script. That nothing was checked is a failure too.
results() {
    echo "# PASS:  $passed"
    echo "# SKIP:  $skipped"
    echo "# FAIL:  $failed"
    [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
}

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}
