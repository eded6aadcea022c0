#!/bin/sh
# SPDX-License-Identifier: MIT
# What .clang-format does not see: the SPDX line, long lines, white space at the
# end of lines, long functions.
. "$MTR_SRC/tests/lib.sh"

cd "$MTR_SRC" || exit 99
find src include tests examples bench gdb m4 packaging -type f \( -name '*.[chS]' \
    -o -name '*.cc' -o -name '*.cpp' -o -name '*.def' -o -name '*.map' \
    -o -name '*.sh' -o -name '*.py' -o -name '*.am' -o -name 'ax_*.m4' \) \
    2>/dev/null | grep -v '^tests/tmp\.' | sort >"$mtr_tmp/files"
find packaging -type f ! -name '*.*' -exec grep -l '^#!' {} + >>"$mtr_tmp/files"
for file in bootstrap .ci/run configure.ac Makefile.am; do
    [ ! -f "$file" ] || echo "$file" >>"$mtr_tmp/files"
done
[ "$(grep -c . "$mtr_tmp/files")" -gt 30 ] || fail "no sources found"

# shellcheck disable=SC2016
xargs awk '
function wide(line) {
    while (match(line, /\t/))
        line = substr(line, 1, RSTART - 1) \
            substr("        ", 1, 8 - (RSTART - 1) % 8) \
            substr(line, RSTART + 1)
    return length(line)
}
function wrong(what) { print FILENAME ":" FNR ": " what }

FNR == 1 { start = spdx = 0 }
FNR <= 2 && /SPDX-License-Identifier: MIT/ { spdx = 1 }
FNR == 2 && !spdx { wrong("no SPDX line") }
wide($0) > 90 { wrong("over 90 columns") }
/[ \t]$/ { wrong("white space at the end") }
FILENAME ~ /\.(c|h|cc|cpp)$/ && /^{$/ { start = FNR }
FILENAME ~ /\.(c|h|cc|cpp)$/ && /^}/ {
    if (start && FNR - start - 1 >= 80)
        wrong("a function of " FNR - start - 1 " lines")
    start = 0
}' <"$mtr_tmp/files" >"$mtr_tmp/wrong" || fail "awk"
# their inline functions return floating point: gcc 10 and before refuse these
# without such registers
grep -nE '^#[ ]*include <(stdlib|math)\.h>' src/preload/*.[ch] src/format/*.h |
    sed 's/$/ is not for the library/' >>"$mtr_tmp/wrong"
# a header that is named nowhere is missed in the tarball alone
grep '^src/.*\.h$' "$mtr_tmp/files" | while read -r file; do
    grep -qF "$file" src/*/Makemodule.am || echo "$file: in no Makemodule.am"
done >>"$mtr_tmp/wrong"
[ -s "$mtr_tmp/wrong" ] || exit 0
cat "$mtr_tmp/wrong"
fail "style"
