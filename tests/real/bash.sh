# SPDX-License-Identifier: MIT
# bash: arrays, subshells, pipes, traps, here-documents.

. "$MTR_SRC/tests/real/real.sh"
need bash

cat >"$mtr_tmp/script" <<'SCRIPT'
declare -A seen
trap 'echo caught' USR1
for ((i = 0; i < 3000; i++)); do
    key=k$((i * 31 % 501))
    seen[$key]+="$i,"
done
kill -USR1 $$
mapfile -t keys < <(printf '%s\n' "${!seen[@]}" | sort)
echo "${#keys[@]} ${keys[0]} ${seen[k7]}"
text=$(printf '%s ' {1..2000})
echo "${#text} ${text//1/one}" | wc -c
for i in 1 2 3; do (echo "child $i"; exit "$i") || echo "status $?"; done
cat <<END | tr a-z A-Z
here ${keys[10]}
END
[[ "abc-123" =~ ([a-z]+)-([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
unset seen keys
sleep 0 & wait $!
echo error >&2
exit 9
SCRIPT

real_status=9
real bash bash --norc "$mtr_tmp/script"
