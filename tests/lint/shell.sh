#!/bin/sh
# SPDX-License-Identifier: MIT
# All shell scripts pass shellcheck's warnings, as POSIX shell or as bash.
. "$MTR_SRC/tests/lib.sh"
need shellcheck

cd "$MTR_SRC" || exit 99
{
    find src tests examples bench gdb packaging -name '*.sh' 2>/dev/null |
        grep -v '^tests/tmp\.'
    # the tests of packages and what makes these have no suffix
    find packaging -type f ! -name '*.*' -exec grep -l '^#!/bin/\(ba\)*sh' {} +
    for file in bootstrap .ci/run tests/stress/install tests/stress/run \
        tests/stress/sweep tests/systems/run; do
        [ ! -f "$file" ] || echo "$file"
    done
} | sort >"$mtr_tmp/files"
[ -s "$mtr_tmp/files" ] || fail "no scripts found"

# SC1091, SC2034, SC2154: tests/lib.sh is read by a path known at run time.
# SC3045: ulimit -c, which every sh has.
# Without a #! line a file is read by another script, or run by automake: sh.
failed=
while read -r file; do
    shell="sh"
    head -n 1 "$file" | grep -q "^#!.*bash" && shell="bash"
    shellcheck -s $shell -S warning -e SC1091,SC2034,SC2154,SC3045 "$file" || failed=1
done <"$mtr_tmp/files"
[ -z "$failed" ] || fail "shellcheck"
