#!/bin/sh
# SPDX-License-Identifier: MIT
# A sample of stacks: what is said of it, and that nothing is lost by it. What
# blocks are there is known*.sh's to check.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

run_options="-o sample=1K"
start 3000
ask report "$pid"
has '^call stacks  *of a sample, one in 1\.0 KiB: by caller numbers are exact'
ask info "$pid"
has '^options  *stacks=32,frees=[01],follow=1,sample=1024$'
ask report --format=json "$pid"
has '"sample":1024,'

# Which blocks an estimated group has nobody knows.
for by in function module line stack type; do
    refuses 1 'a sample (sample=), .* group keep: --by=caller does' \
        report --sort=retained --by=$by "$pid"
    refuses 1 'a sample (sample=), .* group pin: --by=caller does' \
        report --sort=pins --by=$by "$pid"
done
for by in caller size generation root; do
    ask report --sort=retained --by=$by "$pid"
    ask report --sort=pins --by=$by "$pid"
done

# 3,000 blocks of many: some have their stack, and these stand for all.
ask list --format=json --function=many "$pid"
whole=$(grep -c '"stack_id"' answer)
[ "$whole" -ge 3000 ] || fail "list: $whole blocks of many"
ask report --by=stack --format=json --function=many "$pid"
grep -q '"function":"main"' answer || {
    cat answer
    fail "no stack of many goes out to main"
}
! grep -q '"end":"caller"' answer || fail "many's caller alone is left"
ask report --by=caller --format=csv --function=many "$pid"
sed 1d answer | awk -F, '{ n += $4 } END { print n }' >got
echo "$whole" >want
same "blocks of many by caller" want got
stop

# So rarely that none has one: each is its caller alone.
run_options="-o sample=1024G"
start
ask report --by=stack --format=csv --function=alpha "$pid"
sed 1d answer | awk -F, '{ print $1 }' >got
echo alpha >want
same "stacks of alpha" want got
stop
