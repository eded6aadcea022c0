# SPDX-License-Identifier: MIT
# AArch64: seeded leaks in a core that qemu writes, read by this machine's command.
# All is as it was seeded, but:
#
#   qemu does not dump what nobody may access: what alone that points to looks
#   lost (mapping_none).
#
#   The stacks of threads that have ended are not told from those in use: what
#   they point to is in use (ended_thread).
. "$MTR_SRC/tests/aarch64/lib.sh"
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/cli/lib.sh"

for options in stacks=0 stacks=32; do
    start_emulated "$options" "$(victim leaky)" \
        "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"
    : >seeded
    listen
    dump_core leaky
    awk '$2 == "ended_thread" { next }
        $2 == "mapping_none" { print "definite", $3, $4; next }
        $1 != "held" { print $1, $3, $4 }' seeded | sort >want
    "$command" leaks --blocks --format=csv "$core" >answer 2>said ||
        fail "leaks: $(cat said)"
    sed 1d answer | awk -F, '{ print $3, $1, $2 }' | sort >got
    [ "$(wc -l <want)" -gt 40 ] || fail "hardly anything was seeded"
    same "$options" want got
    echo "ok: $options: $(grep -c definite want) definite," \
        "$(grep -c indirect want) indirect, $(grep -c held seeded) held"
done
