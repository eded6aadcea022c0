#!/bin/sh
# SPDX-License-Identifier: MIT
# LeakSanitizer finds the same in the same sources: for each kind that leaky
# seeds as many direct and indirect leaks as there are definite and indirect
# ones, and for each function of leaky_cxx. But these:
#
#   It calls what is on a cycle indirect, all of it: the block that leads to
#   the rest (ring, doubly_linked, ring_with_tail; the cycle of shared_ptr; a
#   map, whose nodes point back to it) is definite here.
#
#   It does not look into mappings that the program makes itself (mapping*,
#   beside), and takes an address behind a block's last byte for no pointer to
#   it (behind): these are lost for it, and in use here. Nor does it look into
#   an alternative signal stack, but a copy may be on the thread's own
#   (signal_stack: either will do), and into vector registers only since 2021
#   (vector: the same).
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

LSAN_OPTIONS=report_objects=1:max_leaks=0:exitcode=0:color=never:fast_unwind_on_malloc=0
export LSAN_OPTIONS
cat >try.c <<'END'
#include <stdlib.h>
void *volatile p;
int main(void)
{
	p = malloc(17);
	p = 0;
	return 0;
}
END
# shellcheck disable=SC2086 # CC is a list
{
    $MTR_CC -g -fsanitize=leak -o try try.c && ./try
} >said 2>&1
grep -q '17 byte(s) leaked in 1 alloc' said || skip "no LeakSanitizer works here"

# ------------------------------------------------------------------------- C
# shellcheck disable=SC2086
$MTR_CC -g -O1 -fno-optimize-sibling-calls -fsanitize=leak -o leaky \
    "$MTR_SRC/tests/victims/leaky.c" -ldl -lpthread >said 2>&1 || {
    cat said
    fail "leaky does not compile with -fsanitize=leak"
}
library=$MTR_BUILD/tests/victims/.libs/leaky_lib.so
./leaky "$library" </dev/null >seeds 2>said
awk 'FILENAME == "seeds" { kind[$3] = $2; next }
    /^(Direct|Indirect) leak/ { state = $1 == "Direct" ? "definite" : "indirect" }
    /^0x[0-9a-f]* \(/ { n[state " " ($1 in kind ? kind[$1] : "unknown")]++ }
    END { for (k in n) print k, n[k] }' seeds said |
    grep -v ' \(signal_stack\|vector\) ' | sort >theirs
[ -s theirs ] || fail "LeakSanitizer says nothing: $(head said)"

# As they are without it: those on cycles, those held from where it is blind.
program=$(victim leaky)
run_options=-s32
start "$library"
ask leaks --blocks --format=csv "$pid"
stop
sed 1d answer | tr ',' ' ' | awk -v seeds=seeded '
    BEGIN {
        while ((getline line <seeds) > 0) {
            split(line, f, " ")
            kind[f[3]] = f[2]
        }
    }
    {
        k = ($1 in kind) ? kind[$1] : "unknown"
        state = $3
        if (k ~ /^(ring|doubly_linked|ring_with_tail)$/)
            state = "indirect"
        n[state " " k]++
    }
    END {
        n["definite behind"] = 1
        n["definite beside"] = 8
        n["definite mapping"] = n["definite mapping_none"] = 1
        n["definite mapping_read_only"] = n["definite mapping_shared"] = 1
        for (k in n)
            print k, n[k]
    }' | sort >ours
same "leaky by kind" theirs ours
echo "leaky: the same"

# ----------------------------------------------------------------------- C++
[ -x "$(victim leaky_cxx)" ] || exit 0
# shellcheck disable=SC2086
${MTR_CXX:-g++} -g -O1 -std=c++17 -fsanitize=leak -o leaky_cxx \
    "$MTR_SRC/tests/victims/leaky_cxx.cc" -lpthread >said 2>&1 || {
    echo "skipped: no C++ with -fsanitize=leak"
    exit 0
}
./leaky_cxx </dev/null >seeds 2>said
awk '/^(Direct|Indirect) leak/ {
        state = $1 == "Direct" ? "definite" : "indirect"
        blocks = $7
    }
    /^    #[0-9]/ && blocks && $4 ~ /^(lose_|hold_|long_text)/ {
        sub(/[[(].*/, "", $4)
        n[state " " $4] += blocks
        blocks = 0
    }
    END { for (k in n) print k, n[k] }' said | sort >theirs
[ -s theirs ] || {
    echo "skipped: LeakSanitizer names no functions: it has no symbolizer"
    exit 0
}
program=$(victim leaky_cxx)
start
ask leaks --blocks --format=csv --names=short "$pid"
stop
# a note may have commas; the function is the third field from the end
sed 1d answer | awk -F, '{
        f = $(NF - 2)
        sub(/[[(].*/, "", f)
        state = f ~ /^lose_(cycle|map)$/ ? "indirect" : $3
        n[state " " f]++
    }
    END { for (k in n) print k, n[k] }' | sort >ours
same "leaky_cxx by function" theirs ours
echo "leaky_cxx: the same"
