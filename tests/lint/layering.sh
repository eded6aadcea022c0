#!/bin/sh
# SPDX-License-Identifier: MIT
# Who may include whom: fails on an arrow that the table does not have.
. "$MTR_SRC/tests/lib.sh"

# FILE or ROOM/ : what it may include. The first line that matches counts. A word
# that ends in / allows the whole room, -header.h all but that one, < > a header
# of elfutils. A file may always include the header of its own name.
#
# libdwfl is behind symbols.c and symbols_file.c alone. Of the rest of elfutils,
# elf_file reads program headers; scopes, qualify and die read DWARF. Nobody else
# sees any of it.
cat >"$mtr_tmp/table" <<'END'
src/format/            format/
src/preload/sys.       compiler.h
src/preload/memory.    format/ compiler.h sys.h
src/preload/leaf.      format/ compiler.h descriptor.h memory.h sys.h
src/preload/ledger.    format/ compiler.h descriptor.h leaf.h memory.h sys.h
src/preload/capture.h  compiler.h
src/preload/capture.c  format/ capture_state.h descriptor.h threads.h
src/preload/capture_o  format/ capture.h objects.h step.h sys.h
src/preload/capture_s  format/ capture.h compiler.h depot.h memo.h step.h
src/preload/capture_w  format/ capture_state.h descriptor.h threads.h
src/preload/chunk.     format/ compiler.h descriptor.h real.h
src/preload/memo.      format/ capture.h compiler.h descriptor.h memory.h sys.h
src/preload/step.      format/ compiler.h cfi.h stack_end.h
src/preload/cfi_o      cfi_bytes.h objects.h
src/preload/cfi_p      cfi_bytes.h cfi_object.h
src/preload/cfi_b      none
src/preload/cfi.h      format/ compiler.h
src/preload/cfi.c cfi_object.h cfi_program.h descriptor.h memory.h objects.h sys.h
src/preload/depot.     format/ compiler.h descriptor.h memory.h objects.h sys.h
src/preload/callers.   format/ capture.h compiler.h depot.h objects.h threads.h
src/preload/counters.  format/ chunk.h compiler.h sys.h threads.h
src/preload/eventlog.  format/ chunk.h compiler.h sys.h line.h objects.h
src/preload/linkage.   compiler.h
src/preload/objects.   compiler.h linkage.h memory.h
src/preload/           format/ preload/ malloc_tracer.h
src/base/              format/ base/
src/target/file_map.   base/
src/target/open.       format/ base/ target/
src/target/            format/ base/ target/ -open.h
src/heap/ format/ base/ heap/ target/target.h target/save.h target/call_site.h
src/symbols/symbols.   base/ symbols/ target/ <elfutils/libdwfl.h>
src/symbols/symbols_ base/ symbols/ target/ <elfutils/libdwfl.h> <elfutils/libdwelf.h>
src/symbols/elf_file.  base/ symbols/ target/ <gelf.h> <elfutils/libdwelf.h>
src/symbols/die.       <dwarf.h> <elfutils/libdw.h>
src/symbols/qualify.   base/ symbols/ <dwarf.h> <elfutils/libdw.h>
src/symbols/variables. base/ symbols/ <dwarf.h> <elfutils/libdw.h>
src/symbols/scopes.    base/ symbols/ <dwarf.h> <elfutils/libdw.h> <elfutils/version.h>
src/symbols/saved.     format/ base/ symbols/ target/
src/symbols/known.     format/ base/ symbols/ target/
src/symbols/           base/ symbols/ target/target.h
src/snapshot/          format/ base/ target/ heap/ symbols/ snapshot/
src/graph/ format/ base/ target/target.h target/save.h heap/ graph/
src/report/            format/ base/ graph/ report/ snapshot/
src/write/             format/ base/ graph/ report/ snapshot/ write/
src/cli/ format/ base/ target/ heap/ graph/ snapshot/ report/ write/ cli/
include/               none
examples/              malloc_tracer.h
END

# Headers that a room may not have, whatever else. In the traced process: no
# stdio, no threads' locks.
cat >"$mtr_tmp/banned" <<'END'
src/preload/ <stdio.h> <pthread.h> <threads.h>
END

cd "$MTR_SRC" || exit 99
folders=
for folder in src include examples; do
    [ -d "$folder" ] && folders="$folders $folder"
done

# shellcheck disable=SC2086
find $folders -name '*.[ch]' -o -name '*.cpp' -o -name '*.cc' \
    -o -name '*.def' | sort >"$mtr_tmp/files"
[ -s "$mtr_tmp/files" ] || fail "no sources found"

while read -r file; do
    sed -n "s|^#[[:space:]]*include[[:space:]]*\([\"<][^\">]*[\">]\).*|$file \1|p" \
        "$file"
done <"$mtr_tmp/files" >"$mtr_tmp/includes"
[ -s "$mtr_tmp/includes" ] || fail "no include lines found"

awk '
FILENAME ~ /table$/ { from[++rows] = $1; $1 = ""; may[rows] = $0 " "; next }
FILENAME ~ /banned$/ { ban[$1] = $0 " "; next }

function own_header(file) {
    sub(/^src\//, "", file)
    sub(/\.[a-z]*$/, ".h", file)
    return file
}
# a bare word of the table is a header of the room that the line is about
function allowed(row, file, name, room, bare) {
    room = bare = name
    sub(/\/.*/, "/", room)
    sub(/.*\//, "", bare)
    if (index(may[row], " -" bare " "))
        return 0
    if (name == own_header(file) || index(may[row], " " name " ") ||
        index(may[row], " " room " "))
        return 1
    return index(file, "src/" room) == 1 && index(may[row], " " bare " ")
}
{
    file = $1
    name = substr($2, 2, length($2) - 2)
    for (row = 1; row <= rows; row++)
        if (index(file, from[row]) == 1)
            break
    if (substr($2, 1, 1) == "<") {
        for (room in ban)
            if (index(file, room) == 1 && index(ban[room], " " $2 " "))
                print file " includes " $2
        if (name ~ /^(elfutils\/|dwarf|gelf|libelf|libdw|libebl)/ &&
            !index(may[row], " " $2 " "))
            print file " includes " $2
        next
    }
    if (row > rows)
        print file " is in no room of the table"
    else if (!allowed(row, file, name))
        print file " includes \"" name "\""
}' "$mtr_tmp/table" "$mtr_tmp/banned" "$mtr_tmp/includes" >"$mtr_tmp/wrong"

[ -s "$mtr_tmp/wrong" ] || exit 0
cat "$mtr_tmp/wrong"
fail "these are not drawn"
