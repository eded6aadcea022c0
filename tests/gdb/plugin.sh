#!/bin/sh
# SPDX-License-Identifier: MIT
# heap_total, heap_addrs, heap_free, heap_one and hexdump print what gdb's first
# plugin for this printed.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/gdb/lib.sh"

all='Sizes: User=110\.0MB, Mem=110\.01MB, Chunk=110\.01MB; Count=4; '
all="${all}PerAllocMean=28835854\\.75b\$"

check() { # GDB-ARGUMENT...
    gdb_asks "$@" <<-END
	heap_total
	heap_total hello_world
	heap_total "$hello" main
	heap_addrs hello_world main
	heap_total no_such
	heap_total hello_world no_such
	heap_addrs hello_world
	heap_total q q q
	heap_free
	heap_free count
	heap_free detailed
	heap_free nonsense
	heap_one $s19
	heap_one $s19 + 3 -s 1
	heap_one 8
	hexdump $big -s 2
	hexdump $s19 1
	hexdump 8 1
	END
    has 1 "^### Total memory allocations $all"
    has 1 "^Lib: \"$hello\": $all"
    has 2 "^### Memory allocations for library \"hello_world\"\. Total $all"
    has 2 "^Func: \"main\": $all"
    has 3 "^###  Memory allocations for function \"main\" in library \"$hello\": $all"
    sizes="Sizes: User=19\.0B, Mem=32\.0B, Chunk=40\.0B; Count=1; PerAllocMean=19\.00b"
    has 3 "^RetAddr: 0x[0-9a-f]*, FuncOffset+[0-9]*, $sizes$"
    [ "$(grep -c '^RetAddr: ' "$mtr_tmp/answer.3")" -eq 4 ] || fail "$what: RetAddr"
    has 4 "^ Data addresses: $s19$"
    has 4 "^ Data addresses: $big$"
    has 5 '^There is no such lib: "no_such"$'
    has 6 '^There is no such func "no_such" in lib "hello_world"$'
    has 7 '^Usage: heap_addrs LIB FUNC$'
    has 8 '^errors: 0, bytes:0$'
    has 9 '^ Total size of free allocations: [0-9.]*KB (count: [0-9]*)$'
    has 10 '^1# Size: [0-9.]*KB, Count: 1, Total_size: [0-9.]*KB$'
    has 11 '^1# Size: [0-9.]*KB$'
    has 11 '^ Addresses: 0x[0-9a-f]*$'
    has 12 '^Usage: heap_free '
    has 13 "^Data address: $s19$"
    has 13 "^RetAddr: 0x[0-9a-f]*, $sizes$"
    has 13 "^Lib: $hello$"
    has 13 '^Func: main+[0-9]*$'
    row=$(printf '0x%016x -> 0x%016x' "$s19" $((s19 + 31)))
    has 13 "^$row 49 20 61 6d 20 61 20 6d .* |I am a my_struct19\.*|$"
    [ "$(grep -c ' -> ' "$mtr_tmp/answer.13")" -eq 2 ] || fail "$what: not two rows"
    has 14 "^$row I am a my_struct19\.*|$"
    [ "$(grep -c ' -> ' "$mtr_tmp/answer.14")" -eq 1 ] || fail "$what: not one row"
    has 15 '^0x8 is in no live block'
    has 16 " big10Mb\. A lot of data\.*|$"
    [ "$(grep -c ' -> ' "$mtr_tmp/answer.16")" -eq 2 ] || fail "$what: hexdump 2"
    has 17 "^$row 49 20 61"
    has 18 '^Cannot access memory at address 0x8$'
}

hello_start hello_world "$MTR_COMMAND" run
big=${bigs##* }
on_both check
