# SPDX-License-Identifier: MIT
# The look-up at the first call: whatever lock is held, and whatever stands
# before malloc or before libc's functions; calls before it.

. "$MTR_SRC/tests/behave/behave.sh"

front() {
    echo "$MTR_BUILD/tests/victims/.libs/$1.so"
}

for options in "$mtr_quiet" "stacks=32${mtr_quiet:+,$mtr_quiet}"; do
    mtr_options=$options
    compare "a first call within newlocale ($options)" "$(victim early_locale)"
    [ "$mtr_traced" -eq 0 ] || fail "early_locale: exit status $mtr_traced"
    # so early the debug build does not know where its log goes
    if ! plain "$(victim early_resolver)" >/dev/null 2>&1; then
        echo "skipped: nobody can allocate before relocation here"
    elif [ -n "${MTR_DEBUG-}" ]; then
        under "$(victim early_resolver)" 2>/dev/null ||
            fail "early_resolver: exit status $?"
    else
        compare "before relocation ($options)" "$(victim early_resolver)"
        [ "$mtr_traced" -eq 0 ] ||
            fail "early_resolver: exit status $mtr_traced"
    fi
    compare "malloc and free alone ($options)" "$(victim half_malloc)"
    [ "$mtr_traced" -eq 0 ] || fail "half_malloc: exit status $mtr_traced"
    compare "before libc's functions ($options)" "$(victim before_libc)"
    [ "$mtr_traced" -eq 0 ] || fail "before_libc: exit status $mtr_traced"

    for library in front_malloc front_dlsym; do
        MTR_BEFORE=$(front $library)
        under "$(victim fronted)" || fail "behind $library: exit status $?"
    done
    MTR_BEFORE=
done

# two copies: the second one stays out of the way
cp "$MTR_LIB" "$mtr_tmp/copy.so"
MTR_AFTER=$mtr_tmp/copy.so
next=$(under "$(victim next_malloc)") || fail "two copies: $?"
case $next in
libc.so.6 | libc-2.*) ;;
*) fail "behind a copy of itself the next malloc is $next's" ;;
esac
MTR_AFTER=

# what the look-up asks an allocator leaves no trace; 8 is no alignment of ours
MTR_AFTER=$(front next_literal)
both literal
MTR_AFTER=

# its malloc has the version that programs are linked with, and is hidden
debug=$(find_library libc_malloc_debug.so.0)
if [ -n "$debug" ]; then
    MTR_AFTER=$debug
    next=$(under "$(victim next_malloc)") || fail "next_malloc: $?"
    [ "$next" = libc_malloc_debug.so.0 ] || fail "the next malloc is $next's"
    MTR_AFTER=
else
    echo "skipped: there is no libc_malloc_debug"
fi
exit 0
