# SPDX-License-Identifier: MIT
# AArch64: this machine's command reads hello_world's memory there, from the core
# that qemu writes, and from the library's own snapshot.
. "$MTR_SRC/tests/aarch64/lib.sh"
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/cli/lib.sh"

hello=$MTR_BUILD/examples/hello_world

# Its blocks are those of these sizes, whoever else has some.
hello_is_known() { # TARGET
    target=$1
    "$command" list --format=csv "$target" >answer 2>said ||
        fail "list $target: $(cat said)"
    sed 1d answer | awk -F, '$2 ~ /^(19|40|10485760|104857600)$/ { print $2 }' |
        sort -n | tr '\n' ' ' >got
    printf '19 40 10485760 104857600 ' >want
    same "$target: blocks" want got
    sed -n 's/^\(0x[0-9a-f]*\),40,.*/\1/p' answer >address
    echo "ok: $target $options"
}

# 40 bytes that main alone points to, on its stack or in a register.
hello_is_held() { # TARGET
    target=$1
    "$command" leaks --format=csv "$target" >answer 2>said ||
        fail "leaks $target: $(cat said)"
    [ "$(wc -l <answer)" -eq 1 ] || fail "$target: $(cat answer)"
    "$command" why "$target" "$(cat address)" >answer 2>said ||
        fail "why $target: $(cat said)"
    has '^held by '
    has 'I am a my_struct'
}

# Its second line says that all is there.
wait_for_hello() {
    for _ in 1 2; do
        read -r line <&4 || {
            cat errors
            fail "hello_world ended without a word"
        }
    done
}

for options in stacks=0 stacks=32; do
    start_emulated "$options,snapshot_signal=10,snapshot_file=own.%n" "$hello"
    wait_for_hello
    kill -USR1 "$job"
    tries=0
    while [ ! -f own.1 ]; do
        sleep 0.1
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "the library writes no snapshot"
    done
    hello_is_known own.1
    "$command" report --format=csv own.1 >answer 2>said || fail "$(cat said)"
    has '^main,hello_world,115343419,4,'
    # it has no headers of the program, and so no names
    dump_core hello_world
    hello_is_known "$core"
    hello_is_held "$core"
    rm -f own.* "$core"
done
