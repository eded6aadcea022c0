# SPDX-License-Identifier: MIT
# A program ends as it does without the library: by the same signal, with the
# same status, having written the same.

. "$MTR_SRC/tests/behave/behave.sh"

for how in return exit _exit segv abort term double wild; do
    compare "$how" "$(victim dies)" "$how"
    case $how-$mtr_traced in
    return-43 | exit-42 | _exit-41 | segv-139 | abort-134 | term-143) ;;
    double-134 | wild-134) ;;
    *) fail "$how: exit status $mtr_traced" ;;
    esac
done

# Descriptors that are closed at the start: what the program opens in their
# place gets the program's bytes alone.
printf 'data\n' >"$mtr_tmp/expected"
for closed in 2 12 012; do
    file=$mtr_tmp/file.$closed
    mtr_options=bogus=1${mtr_quiet:+,$mtr_quiet}
    case $closed in
    2) under "$(victim reopens)" "$file" 2>&- ;;
    12) under "$(victim reopens)" "$file" >&- 2>&- ;;
    012) under "$(victim reopens)" "$file" <&- >&- 2>&- ;;
    esac
    [ $? -eq 4 ] || fail "descriptors $closed closed: exit status"
    same "descriptors $closed closed: the file" "$mtr_tmp/expected" "$file"
done
