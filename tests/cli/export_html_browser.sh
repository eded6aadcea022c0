#!/bin/sh
# SPDX-License-Identifier: MIT
# The page in a browser: it draws, zooms, searches and sorts; the graph and the
# table have the numbers of report and diff; a name is text, whatever it is; and
# nothing leaves the page.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/browser-lib.sh"
need objcopy gcore
need_browser

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
