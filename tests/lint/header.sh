#!/bin/sh
# SPDX-License-Identifier: MIT
# The public header alone, as strict C and C++, and a program that uses all of
# it without the library: every answer is "not active".
. "$MTR_SRC/tests/lib.sh"

include=$MTR_SRC/include
echo '#include <malloc_tracer.h>' >"$mtr_tmp/alone.c"
cp "$mtr_tmp/alone.c" "$mtr_tmp/alone.cc"

cat >"$mtr_tmp/all.c" <<'END'
#include <malloc_tracer.h>

static int failed(int answer)
{
	int good = answer == -1 && errno == ENOSYS;

	errno = 0;
	return !good;
}

int main(void)
{
	struct malloc_tracer_block block = { 0, 0, 0, 0, 0, 0 };
	struct malloc_tracer_totals totals;

	if (malloc_tracer_active() != 0 || malloc_tracer_active != 0)
		return 1;
	errno = 0;
	if (failed(malloc_tracer_lookup(&block, &block)))
		return 2;
	if (failed(malloc_tracer_totals(&totals)))
		return 3;
	if (failed(malloc_tracer_count(&totals)))
		return 3;
	if (failed(malloc_tracer_mark()))
		return 4;
	if (failed(malloc_tracer_snapshot("unit.none/snapshot")))
		return 5;
	return 0;
}
END
# C++ can name the types, though there is a function of that name.
sed 's/struct \(malloc_tracer_[a-z]* [a-z]*;\)/\1/' "$mtr_tmp/all.c" \
    >"$mtr_tmp/all.cc"
grep -q "^	malloc_tracer_totals totals;" "$mtr_tmp/all.cc" ||
    fail "the types are not named"

# Each function of the header is in the program above.
sed -n 's/^[a-z].*\(malloc_tracer_[a-z]*\)(.*/\1/p' \
    "$include/malloc_tracer.h" >"$mtr_tmp/functions"
[ -s "$mtr_tmp/functions" ] || fail "no functions found"
while read -r function; do
    grep -q "$function(" "$mtr_tmp/all.c" || fail "$function is not tried"
done <"$mtr_tmp/functions"

# The compiler may be several words.
# shellcheck disable=SC2086
check() { # COMPILER STANDARD SUFFIX
    strict="-std=$2 -pedantic -Wall -Wextra -Werror -I$include"
    # one address that is always null is what the program asks for
    loose="$strict -Wno-address"
    $1 $strict -c "$mtr_tmp/alone.$3" -o "$mtr_tmp/alone.o" ||
        fail "$1 -std=$2: the header alone"
    for opt in -O0 -O2; do
        for pie in "-fPIE -pie" "-fno-pie -no-pie"; do
            rm -f "$mtr_tmp/all"
            $1 $loose $opt $pie "$mtr_tmp/all.$3" -o "$mtr_tmp/all" ||
                fail "$1 -std=$2 $opt $pie"
            "$mtr_tmp/all" || fail "$1 -std=$2 $opt $pie: answer $?"
        done
    done
}

# The one it is built with, and the others that are there, each once.
others() { # COMPILER OTHER...
    echo "$1"
    first=$1
    shift
    for other; do
        [ "$other" = "$first" ] || ! command -v "$other" >/dev/null 2>&1 ||
            echo "$other"
    done
}

others "$MTR_CC" gcc clang >"$mtr_tmp/compilers"
while read -r cc; do
    for std in c99 c11 c17; do
        check "$cc" "$std" c
    done
done <"$mtr_tmp/compilers"

echo 'int main() {}' >"$mtr_tmp/try.cc"
others "$MTR_CXX" g++ clang++ >"$mtr_tmp/compilers"
while read -r cxx; do
    # shellcheck disable=SC2086
    $cxx "$mtr_tmp/try.cc" -o "$mtr_tmp/try" 2>/dev/null || continue
    for std in c++11 c++17; do
        check "$cxx" "$std" cc
    done
done <"$mtr_tmp/compilers"
