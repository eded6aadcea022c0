# SPDX-License-Identifier: MIT
# Each entry point as the first call of the process, before any constructor.

. "$MTR_SRC/tests/behave/behave.sh"

names=$(sed -n 's/^MTR_[A-Z]*(\([^)]*\))$/\1/p' \
    "$MTR_SRC/src/preload/entry_points.def")
[ "$(echo "$names" | wc -w)" -eq 34 ] || fail "not 34 entry points"

for name in $names; do
    under "$(victim first_call)" "$name" ||
        fail "$name: exit status $? under the library"
    case $name in
    free* | cfree | realloc* | malloc_usable_size | _Zd*)
        under "$(victim first_call)" "$name" foreign ||
            fail "$name of a foreign block: exit status $?"
        ;;
    esac
    plain "$(victim first_call)" "$name" || judge "$name" $?
done

# The options are read once, though libc does not know them yet.
mtr_options=bogus=1${mtr_quiet:+,$mtr_quiet}
under "$(victim first_call)" malloc 2>"$mtr_tmp/err" || fail "with an option"
[ "$(grep -c bogus "$mtr_tmp/err")" -eq 1 ] || fail "the option was not read"
exit 0
