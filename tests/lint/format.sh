#!/bin/sh
# SPDX-License-Identifier: MIT
# All C is as .clang-format says. Versions differ, so it has to be this one.
. "$MTR_SRC/tests/lib.sh"

wanted=14
for tool in clang-format-$wanted clang-format ""; do
    [ -n "$tool" ] || skip "clang-format $wanted is not installed"
    "$tool" --version 2>/dev/null | grep -q " $wanted\." && break
done

cd "$MTR_SRC" || exit 99
find src include tests examples bench -name '*.[ch]' | sort |
    grep -v '^tests/tmp\.' >"$mtr_tmp/files"
[ -s "$mtr_tmp/files" ] || fail "no sources found"
xargs "$tool" --dry-run -Werror <"$mtr_tmp/files" || fail "run $tool -i"
