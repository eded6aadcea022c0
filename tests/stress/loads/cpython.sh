# SPDX-License-Identifier: MIT
# CPython's own tests. A name of STRESS_PYTHON_TESTS a line, and its result.

load() {
    need python3
    tests=${STRESS_PYTHON_TESTS:-test_json test_re test_threading \
        test_subprocess test_multiprocessing_fork test_ctypes}
    # a version manager's python3 is a script
    for python in /usr/bin/python3 "$(command -v python3)"; do
        python=$("$python" -c 'import sys; print(sys.executable)') || continue
        "$python" -c 'import test.test_json' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || skip "CPython's tests are not installed"
    failed=0
    for test in $tests; do
        under env PYTHONMALLOC=malloc "$python" -m test -u none "$test" \
            >"$test.log" 2>&1
        status=$?
        [ "$status" -eq 0 ] || failed=1
        echo "$test $status"
        # the lines that name a test that failed
        grep -E '^(FAIL|ERROR): ' "$test.log"
        cat "$test.log" >&2
    done
    return 0
}
