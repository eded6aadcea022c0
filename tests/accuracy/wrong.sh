# SPDX-License-Identifier: MIT
# Unwind information that is wrong ends the stack, for the right reason, and
# nothing else.

. "$MTR_SRC/tests/accuracy/accuracy.sh"

plugin=$MTR_BUILD/tests/victims/.libs/stack_plugin_small.so
for start in 1 2 3; do
    both stack_damaged "$plugin" 400 "$start"
done

# numbers 28 and 29 depend on the linker, which may mend them
expected="complete complete
no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi no_cfi
no_cfi damaged damaged damaged stack expression stack expression expression
expression damaged expression expression expression any any stack"

# there the CFA alone does not say where the return address is
case $($MTR_CC -dumpmachine) in
aarch64*) other='18 20' ;;
*) other= ;;
esac

number=0
for root in $expected; do
    number=$((number + 1))
    case " $other " in *" $number "*) root=expression ;; esac
    $MTR_CC -shared -nostdlib -DCASE=$number -o "$mtr_tmp/$number.so" \
        "$MTR_SRC/tests/victims/stack_wrong.S" 2>"$mtr_tmp/errors" || {
        echo "SKIP: the linker refuses number $number"
        break
    }
    echo "$number.so $root"
done >"$mtr_tmp/expected"
grep SKIP "$mtr_tmp/expected" && exit 77

made=
for number in $(sed 's/\.so.*//' "$mtr_tmp/expected"); do
    made="$made $mtr_tmp/$number.so"
done

# shellcheck disable=SC2086
under "$(victim stack_wrong)" $made >"$mtr_tmp/out" ||
    fail "exit status $?"
sed -i 's/^\(2[89].so\) .*/\1 any/' "$mtr_tmp/out"
same "reasons" "$mtr_tmp/expected" "$mtr_tmp/out"

# no table, no pointer to .eh_frame
$MTR_CC -shared -nostdlib -DCASE=1 -Wl,--no-eh-frame-hdr \
    -o "$mtr_tmp/none.so" "$MTR_SRC/tests/victims/stack_wrong.S" || exit 0
[ "$(under "$(victim stack_wrong)" "$mtr_tmp/none.so")" = "none.so no_cfi" ] ||
    fail "without .eh_frame_hdr"
