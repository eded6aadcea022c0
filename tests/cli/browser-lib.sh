# SPDX-License-Identifier: MIT
# For the tests in a browser, after tests/cli/lib.sh.

# Chromium, and python3, which drives it.
need_browser() {
    need python3
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$MTR_SRC/tests/cli
    export PYTHONDONTWRITEBYTECODE PYTHONPATH
    python3 -c 'import browser, sys; sys.exit(not browser.find())' ||
        skip "chromium is not installed"
    # Where it does not even start, that says nothing of what it is to show.
    cat >start.py <<'END'
import browser, os
with browser.Browser(os.getcwd()) as b:
    b.run("1 + 1")
END
    python3 start.py >start.log 2>&1 || skip "chromium does not start here"
}

# All threads wait: their registers and stacks are the same each time.
settled() {
    while grep -q '^State:.*[RD] ' /proc/"$pid"/task/*/status; do :; done
}
