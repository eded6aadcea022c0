#!/bin/sh
# SPDX-License-Identifier: MIT
# What is no target gets one sentence and exit 1, a wrong command line a
# sentence and exit 2; standard output stays empty.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/cli/lib.sh"

# An ELF header of 64 bytes: class, type, machine.
header() { # CLASS TYPE MACHINE, octal
    printf "\\177ELF\\$1\\001\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000"
    printf "\\$2\\000\\$3\\000\\001\\000\\000\\000"
    head -c 40 /dev/zero
}

: >empty
echo "some text" >text
header 2 4 76 >no_segments
header 1 4 3 >core32
header 2 4 10 >mips
header 2 2 76 >program
head -c 30 no_segments >"cut"

for cmd in report list memory info; do
    refuses 1 'nosuch: no such file' $cmd nosuch
    refuses 1 '\.: it is a directory' $cmd .
    refuses 1 'empty: the file is empty' $cmd empty
    refuses 1 'text: it is neither' $cmd text
    refuses 1 'program: it is an executable' $cmd program
    refuses 1 'core32: .*32' $cmd core32
    refuses 1 'mips: ' $cmd mips
    refuses 1 'cut: ' $cmd cut
    refuses 1 'no_segments: ' $cmd no_segments
    refuses 1 '/dev/null: it is not a regular file' $cmd /dev/null
    refuses 1 "$(victim known): it is" $cmd "$(victim known)"
done
refuses 1 'nosuch: no such file' why nosuch 0x10
refuses 1 'text: it is neither' mark text

for address in 0x 12g '' ' 12' 12345678901234567; do
    refuses 1 'is neither an address' why empty "$address"
done

# Processes
sleep 0 &
gone=$!
wait $gone
refuses 1 "$gone: no such file or process" report $gone
refuses 1 "$gone: no such file or process" mark $gone
refuses 1 "99999999999999: no such file" report 99999999999999
sleep 100 &
sleeper=$!
mtr_pids=$sleeper
# until it is sleep and no more this shell
until grep -q sleep /proc/$sleeper/comm; do :; done
refuses 1 "$sleeper: no malloc_tracer record: was it run under" \
    report $sleeper
refuses 1 "$sleeper: no malloc_tracer record" mark $sleeper
if grep -q kthreadd /proc/2/comm 2>/dev/null; then
    refuses 1 "2: .*kernel thread" report 2
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1; then
    cat >as_nobody <<END
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$command" "\$@"
END
    chmod +x as_nobody
    if ./as_nobody --version >/dev/null 2>&1; then
        root_command=$command
        command=./as_nobody
        refuses 1 "$sleeper: .*may not be read.*ptrace_scope" report $sleeper
        command=$root_command
    fi
    # Root is not told to be root.
    scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null)
    if [ "${scope:-0}" -eq 0 ] && ! cat /proc/1/maps >/dev/null 2>&1; then
        refuses 1 "1: .*may not be read.*not even by this root" report 1
    fi
fi
if command -v gcore >/dev/null 2>&1 &&
    gcore -o untraced $sleeper >/dev/null 2>&1; then
    refuses 1 'untraced.*: no malloc_tracer record: was it run under' \
        report untraced.$sleeper
fi

# Command lines
for cmd in run report list why memory info mark snapshot; do
    refuses 2 'no-such-option' $cmd --no-such-option
    refuses 2 "missing [A-Z]*" $cmd
    grep -q "^Try 'malloc_tracer $cmd --help'" said ||
        fail "$cmd: no word of --help"
done
refuses 2 "unknown command 'frobnicate'$" frobnicate
refuses 2 "unexpected argument 'b'$" report a b
refuses 2 "missing TARGET$" report
refuses 2 "missing TARGET ADDR|SYMBOL$" why
refuses 2 "missing ADDR|SYMBOL$" why a
refuses 2 "missing PID$" mark
refuses 2 "missing PROGRAM" run -s
refuses 2 "unexpected argument 'c'$" why a b c

# A value that is not accepted is answered with those that are.
invalid() { # VALUES OPTION VALUE COMMAND
    refuses 2 "$2: invalid value '$3' ($1)$" "$4" "$2=$3" text
}
keys='function, module, caller, line, stack, size, generation, type, root'
invalid "$keys" --by x report
invalid 'bytes, count, unused, retained, pins' --sort x report
invalid 'text, json, csv' --format chap report
invalid 'text, json, csv, chap' --format xml list
invalid 'short, full' --names long report
invalid 'a number; 0: all' --top -1 report
invalid 'a number; 0: all' --top '' report
invalid 'a number of bytes.*' --min-size 1x list
invalid 'a number of bytes.*' --max-size 99999999999T list
invalid 'N, N-M or N-.*' --generation 2-1 list
invalid 'an extended regular expression' --function '(' list
invalid 'an extended regular expression' --skip '(' report
set --
while [ $# -lt 33 ]; do
    set -- "$@" --skip-module=x
done
refuses 2 "skip-module: invalid value 'x' (no more than 32 of them)" report "$@" text
"$command" >answer 2>said
[ $? -eq 2 ] || fail "without a command: not 2"
[ ! -s answer ] || fail "without a command it writes to standard output"
grep -q '^Usage: malloc_tracer' said || fail "without a command: no usage"
