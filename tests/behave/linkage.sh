# SPDX-License-Identifier: MIT
# Programs that are position-independent, that are not, that are static; a
# library that is linked for somewhere else.

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

# It gets a lower place than it is linked for: its load address is negative.
if build plugin_c high.so -shared -fPIC \
    -Wl,-Ttext-segment=0xffffffff80000000 &&
    MTR_AFTER=$mtr_tmp/high.so plain "$(victim pointers)"; then
    MTR_AFTER=$mtr_tmp/high.so
    both pointers
    MTR_AFTER=
else
    echo "skipped: $MTR_CC builds no libraries for high addresses"
fi
