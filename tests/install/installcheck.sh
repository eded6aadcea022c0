# SPDX-License-Identifier: MIT
# What `make install` installed is what a user needs: run by `make
# installcheck`, which sets the MTR_INST_* directories ($DESTDIR in front).

. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/install/hello.sh"

need pkg-config
example=$MTR_SRC/examples/own_blocks.c

run() {
    echo "$ $*"
    "$@" || fail "$1: exit status $?"
}

# The .pc file knows nothing of DESTDIR.
pc() {
    PKG_CONFIG_PATH=$MTR_INST_LIBDIR/pkgconfig \
        pkg-config --define-variable=libdir="$MTR_INST_LIBDIR" \
        --define-variable=includedir="$MTR_INST_INCLUDEDIR" \
        "$@" malloc_tracer || fail "pkg-config $* malloc_tracer"
}

expect() { # FIRST-LINE-PATTERN FILE
    head -n 1 "$2" | grep -q "$1" || fail "$2 does not begin with $1: $(cat "$2")"
}

check_files() {
    for file in "$MTR_INST_LIBDIR/libmalloc_tracer.so" \
        "$MTR_INST_LIBDIR/libmalloc_tracer.so.0" \
        "$MTR_INST_LIBDIR/pkgconfig/malloc_tracer.pc" \
        "$MTR_INST_INCLUDEDIR/malloc_tracer.h"; do
        [ -f "$file" ] || fail "$file is not installed"
    done
    [ "$(pc --modversion)" = "$MTR_INST_VERSION" ] || fail "pkg-config's version"
}

# Alone, and each name in it used: the compiler sees a macro's body only then.
check_header() {
    cat >"$mtr_tmp/header.c" <<-'END'
	#include <malloc_tracer.h>
	int main(void)
	{
		struct malloc_tracer_totals totals;
		struct malloc_tracer_block block = { 0, 0, 0, 0, 0, 0 };

		if (!malloc_tracer_active())
			return 0;
		if (malloc_tracer_lookup(&block, &block))
			return 1;
		if (malloc_tracer_totals(&totals))
			return 2;
		return malloc_tracer_mark() < 0 || malloc_tracer_snapshot("");
	}
	END
    cp "$mtr_tmp/header.c" "$mtr_tmp/header.cc"
    for std in c99 c11 c17 c2x c23 gnu17; do
        compile_header "$MTR_CC" $std header.c c
    done
    [ "$MTR_INST_CXX" ] || return 0
    for std in c++98 c++11 c++14 c++17 c++20 c++23 gnu++17; do
        compile_header "$MTR_INST_CXX" $std header.cc c++
    done
}

# By the book of each language that the compiler knows.
compile_header() { # COMPILER STANDARD FILE LANGUAGE
    # shellcheck disable=SC2086 # a list of words
    echo 'int x;' | $1 -std="$2" -x "$4" -c -o "$mtr_tmp/header.o" - \
        2>/dev/null || return 0
    # shellcheck disable=SC2046,SC2086
    run $1 -std="$2" -pedantic-errors -Wall -Wextra -Werror \
        $(pc --cflags) -c -o "$mtr_tmp/header.o" "$mtr_tmp/$3"
}

check_header_alone() {
    # -fPIE: malloc_tracer(3) says for whom
    # shellcheck disable=SC2046,SC2086
    run $MTR_CC -fPIE $(pc --cflags) -o "$mtr_tmp/alone" "$example"
    "$mtr_tmp/alone" >"$mtr_tmp/alone.out" || fail "own_blocks, without the library"
    expect '^not active' "$mtr_tmp/alone.out"
}

check_linked() {
    # shellcheck disable=SC2046,SC2086
    run $MTR_CC -o "$mtr_tmp/linked" "$example" $(pc --cflags --libs)
    LD_LIBRARY_PATH=$MTR_INST_LIBDIR "$mtr_tmp/linked" "$mtr_tmp/snapshot" \
        >"$mtr_tmp/linked.out" || fail "own_blocks, linked"
    expect '^active$' "$mtr_tmp/linked.out"
    [ -s "$mtr_tmp/snapshot" ] || fail "own_blocks wrote no snapshot"
}

check_preload() {
    preload=$(pc --variable=preload)
    [ -f "$preload" ] || fail "preload=$preload is not there"
    LD_PRELOAD=$preload "$mtr_tmp/alone" >"$mtr_tmp/preload.out" ||
        fail "own_blocks, preloaded"
    expect '^active$' "$mtr_tmp/preload.out"
}

# The command, with the library of the same tree.
check_command() {
    command=$MTR_INST_COMMAND
    run "$command" --version >"$mtr_tmp/version"
    grep -qx "malloc_tracer $MTR_INST_VERSION" "$mtr_tmp/version" ||
        fail "--version: $(cat "$mtr_tmp/version")"
    run "$command" --help >"$mtr_tmp/help"
    grep -q '^Usage: malloc_tracer ' "$mtr_tmp/help" || fail "--help: no usage"
    "$command" run env >"$mtr_tmp/env" || fail "run env: exit status $?"
    grep -qx "LD_PRELOAD=$MTR_INST_LIBDIR/libmalloc_tracer.so.0" "$mtr_tmp/env" ||
        fail "run preloads $(grep LD_PRELOAD "$mtr_tmp/env")"

    hello_start hello_world "$command" run
    hello_report "$command" hello_world "$mtr_pids"
    if hello_core; then
        hello_report "$command" hello_world "$core"
    else
        echo "no gcore here: no core was read"
    fi
    hello_stop hello_world
}

# gdb finds its script by the library's path, and the script this command.
check_gdb() {
    library=$(readlink -f "$MTR_INST_LIBDIR/libmalloc_tracer.so")
    script=$MTR_INST_GDB/${library##*/}-gdb.py
    [ -f "$script" ] || fail "$script is not installed"
    command -v gdb >/dev/null 2>&1 || return 0
    # below a directory of ours, because of $DESTDIR
    mkdir -p "$mtr_tmp/gdb${library%/*}"
    cp "$script" "$mtr_tmp/gdb${library%/*}/"
    gdb -nx -batch -ex 'python print("has Python")' 2>&1 |
        grep -qx 'has Python' || return 0
    PATH=${MTR_INST_COMMAND%/*}:$PATH \
        gdb -nx -batch -iex "set auto-load scripts-directory $mtr_tmp/gdb" \
        -iex "set auto-load safe-path $mtr_tmp/gdb" \
        -ex 'show malloc-tracer command' "$library" >"$mtr_tmp/gdb.out" 2>&1
    grep -qx "malloc_tracer is .*/malloc_tracer\." "$mtr_tmp/gdb.out" ||
        fail "gdb: $(cat "$mtr_tmp/gdb.out")"
}

check_files
check_header
check_header_alone
check_linked
check_preload
if [ -n "$MTR_INST_COMMAND" ]; then
    unset MALLOC_TRACER_LIBRARY
    check_command
fi
[ -z "$MTR_INST_GDB" ] || check_gdb
echo "the installed tree is good"
