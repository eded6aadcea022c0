# SPDX-License-Identifier: MIT
# Programs that are position-independent, that are not, that are static.

. "$MTR_SRC/tests/behave/behave.sh"

build() { # VICTIM TO FLAG...
    source=$MTR_SRC/tests/victims/$1.c
    to=$mtr_tmp/$2
    shift 2
    # shellcheck disable=SC2086 # MTR_CC may carry flags
    $MTR_CC -O1 -fno-builtin -D_GNU_SOURCE -I"$MTR_SRC/include" \
        -I"$MTR_SRC/src" "$@" -o "$to" "$source" -ldl 2>"$mtr_tmp/build"
}

both pointers

if build pointers no_pie -fno-pie -no-pie; then
    plain "$mtr_tmp/no_pie" || fail "no PIE, plain: exit status $?"
    under "$mtr_tmp/no_pie" || fail "no PIE, traced: exit status $?"
    echo "ok: no PIE"
else
    echo "skipped: $MTR_CC builds no programs without PIE"
fi

if build active static -static; then
    under "$mtr_tmp/static" static >"$mtr_tmp/out"
    [ $? -eq 3 ] || fail "static: exit status"
    grep -q '^static: active 0' "$mtr_tmp/out" || fail "static and active?"
    echo "ok: static"
else
    echo "skipped: $MTR_CC builds no static programs"
fi

# Libraries that get a lower place than they are linked for: the second of two
# for one place, and one for a place that no process has.
high() { # NAME PLACE
    echo "int $1(void) { return 0; }" >"$mtr_tmp/$1.c"
    # shellcheck disable=SC2086
    $MTR_CC -shared -fPIC -Wl,-Ttext-segment="$2" \
        -o "$mtr_tmp/$1.so" "$mtr_tmp/$1.c" 2>"$mtr_tmp/build"
}

if high first 0x7fff00000000 && high second 0x7fff00000000 &&
    high third 0xffffffff80000000 &&
    build pointers high -Wl,--no-as-needed \
        "$mtr_tmp/first.so" "$mtr_tmp/second.so" "$mtr_tmp/third.so"; then
    plain "$mtr_tmp/high" || fail "high libraries, plain: exit status $?"
    for mtr_options in "$mtr_quiet" "stacks=32${mtr_quiet:+,$mtr_quiet}"; do
        under "$mtr_tmp/high" ||
            fail "high libraries, $mtr_options: exit status $?"
    done
    echo "ok: libraries linked for a high place"
else
    echo "skipped: $MTR_CC links no libraries for a high place"
fi

# A library behind libc with a malloc of a version of its own: nobody else's
# calls lead there.
cat >"$mtr_tmp/versioned.c" <<'END'
#include <unistd.h>
__asm__(".symver own_malloc, malloc@@@OWN_1");
void *own_malloc(size_t n) { _exit(3); }
END
echo 'OWN_1 { global: malloc; local: *; };' >"$mtr_tmp/map"
# shellcheck disable=SC2086
if $MTR_CC -w -shared -fPIC -fno-builtin -Wl,--version-script="$mtr_tmp/map" \
    -o "$mtr_tmp/versioned.so" "$mtr_tmp/versioned.c" 2>"$mtr_tmp/build" &&
    build pointers versioned -Wl,--no-as-needed -lc "$mtr_tmp/versioned.so"; then
    compare "malloc of another version" "$mtr_tmp/versioned"
else
    echo "skipped: $MTR_CC makes no malloc of another version"
fi
