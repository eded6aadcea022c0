#!/bin/sh
# SPDX-License-Identifier: MIT
# What leaks says in each format, what its options do, and what it refuses.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim leaky)
run_options=-s32
start "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"
have_gcore || skip "gcore gives no core here"
stop

total() { # KIND
    awk -v kind="$1" '$1 == kind { n++; b += $4 }
        END { printf "%d blocks, %d bytes", n, b }' seeded
}

# Text
ask leaks "$core"
has '^definite  *[0-9][0-9]* blocks, .* bytes'
has '^indirect  *[0-9][0-9]* blocks, .*hang from lost blocks$'
has '^ *LOST *BLOCKS *INDIRECT *BLOCKS  BY$'
has '^ *72 B  *1  *144 B  *2  .*leaky.c:[0-9]*$'
has ';lose;lost_ring;block$'
has '^ *at 0x[0-9a-f]*, a lost cycle$'
has '^ *INDIRECT *BLOCKS  BY$'
ask leaks --blocks "$core"
[ "$(grep -c ' definite ' answer)" -eq "$(grep -c '^definite' seeded)" ] ||
    fail "--blocks: $(cat answer)"

# JSON
ask leaks --json "$core"
sum() { # KIND
    total "$1" | sed 's/\(.*\) blocks, \(.*\) bytes/{"blocks":\1,"bytes":\2}/'
}
has "^{\"schema\":1,\"command\":\"leaks\",\"target\":\"$core\""
has "\"totals\":{\"definite\":$(sum definite),\"indirect\":$(sum indirect)}"
has '"missing":\['
group='"kind":"definite","key":"[^"]*","blocks":1,"bytes":72,'
group=$group'"indirect":{"blocks":2,"bytes":144},"example":"0x[0-9a-f]*",'
has "$group"'"cycle":true,"note":"","stack":\[{"pc"'
if command -v python3 >/dev/null 2>&1; then
    python3 - answer <<'END' || fail "its groups do not add up"
import json, sys
d = json.load(open(sys.argv[1]))
for kind in "definite", "indirect":
    groups = [g for g in d["groups"] if g["kind"] == kind]
    for key in "blocks", "bytes":
        assert sum(g[key] for g in groups) == d["totals"][kind][key]
hang = sum(g["indirect"]["blocks"] for g in d["groups"])
assert hang == d["totals"]["indirect"]["blocks"], hang
END
fi
ask leaks --blocks --json "$core"
[ "$(wc -l <answer)" -eq "$(grep -c '^[di]' seeded)" ] || fail "JSON lines"
line='"addr":"0x[0-9a-f]*","size":72,"kind":"indirect",'
line=$line'"leader":"0x[0-9a-f]*","note":"","function":"block",'
has '^{"schema":1,"command":"leaks",'"$line"'"module":"leaky","stack_id":[1-9]'

# CSV
ask leaks --format=csv "$core"
line='kind,key,module,bytes,blocks,indirect_bytes,indirect_blocks,example,'
has "^${line}cycle,note,function,file,line\$"
has '^definite,block,leaky,72,1,144,2,0x[0-9a-f]*,1,,block,.*leaky.c,[0-9]*$'

# Filters choose what is shown
ask leaks --min-size=1M --format=csv "$core"
[ "$(sed 1d answer | wc -l)" -eq 1 ] || fail "--min-size: $(cat answer)"
has '^definite,block,leaky,3145728,1,0,0,'
ask leaks --min-size=1M "$core"
has '^left out  *[0-9]* blocks'
ask leaks --function=nothing "$core"
has '^definite  *0 blocks'

# What points into the middle
ask leaks --start-only --blocks --format=csv "$core"
awk '/^held (interior|behind|low_bits)/ { print $3 }' seeded | while read -r at; do
    grep -q "^$at," answer || fail "--start-only: $at is held"
done || exit 1

# Exit status
"$command" leaks --error-exitcode=42 "$core" >answer 2>said
[ $? -eq 42 ] || fail "--error-exitcode: not 42"
ask leaks --error-exitcode=42 --function=nothing "$core"
refuses 2 'invalid value' leaks --error-exitcode=256 "$core"
refuses 2 'invalid value' leaks --format=chap "$core"

# Suppressions
printf '# what is known\n\nleak:^lost_tree_of$\n  leak:*_ring_*head \n' >file
ask leaks --suppressions=file --blocks --format=csv "$core"
awk '$1 != "held" && $2 != "tree" && $2 != "ring_behind_head" { print $3 }' \
    seeded | sort >want
sed 1d answer | cut -d, -f1 | sort >got
same "suppressions" want got
ask leaks --suppressions=file "$core"
has '^suppressed  *18 blocks'
echo 'leak:leaky' >file
ask leaks --suppressions=file --error-exitcode=42 "$core"
has '^definite  *0 blocks'
echo 'leak:leaky.c' >file
ask leaks --suppressions=file --error-exitcode=42 "$core"
printf 'leak:x\nrace:y\n' >file
refuses 1 'file: line 2 is not "leak:PATTERN": race:y' \
    leaks --suppressions=file "$core"
for pattern in '' '^' '$' '^$'; do
    echo "leak:$pattern" >file
    refuses 1 'line 1 is not "leak:PATTERN"' leaks --suppressions=file "$core"
done
printf 'leak:x\nleak\0:y\n' >file
refuses 1 'file: .*NUL' leaks --suppressions=file "$core"
refuses 1 'nofile: No such file' leaks --suppressions=nofile "$core"
refuses 1 'too large' leaks --suppressions=/dev/zero "$core"
exit 0
