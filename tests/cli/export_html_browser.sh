#!/bin/sh
# SPDX-License-Identifier: MIT
# The page in a browser: it draws, zooms, searches and sorts; the graph and the
# table have the numbers of report and diff; a name is text, whatever it is; and
# nothing leaves the page.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
need python3 objcopy gcore
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
(cd "$MTR_SRC/tests/cli" &&
    python3 -c 'import browser, sys; sys.exit(not browser.find())') ||
    skip "chromium is not installed"

# Where it does not even start, that says nothing of the page.
cat >start.py <<'END'
import browser, os
with browser.Browser(os.getcwd()) as b:
    b.run("1 + 1")
END
PYTHONPATH=$MTR_SRC/tests/cli
export PYTHONPATH
python3 start.py >start.log 2>&1 || skip "chromium does not start here"

program=$(victim known)
run_options=-s32
start
ask export --format=html -o page.html "$pid"
ask report --by=function --json "$pid"
mv answer report.json
have_gcore || skip "gcore: no core to be had"
mv "$core" old
more
ask export --format=html -o diff.html old "$pid"
ask diff --by=function --json old "$pid"
mv answer diff.json
stop

# A function of another name, which nobody should call one.
evil='</script><img src=x onerror=alert(1)>'
objcopy --strip-debug --redefine-sym "alpha=$evil" "$(victim known)" evil ||
    skip "objcopy: no function has that name"
program=$mtr_tmp/evil
start
ask report --by=function --json "$pid"
has 'img src=x'
ask export --format=html -o evil.html "$pid"
stop

python3 "$MTR_SRC/tests/cli/page.py" page.html report.json diff.html diff.json \
    evil.html "$evil" || fail "in the browser"
