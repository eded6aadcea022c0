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

for cmd in report list info; do
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

for address in zz 0x 12g '' ' 12' 12345678901234567; do
    refuses 1 'it is no address' why empty "$address"
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
fi
if command -v gcore >/dev/null 2>&1 &&
    gcore -o untraced $sleeper >/dev/null 2>&1; then
    refuses 1 'untraced.*: no malloc_tracer record: was it run under' \
        report untraced.$sleeper
fi

# Command lines
for cmd in run report list why info mark; do
    refuses 2 'no-such-option' $cmd --no-such-option
    refuses 2 "$cmd needs " $cmd
    grep -q "^Try 'malloc_tracer $cmd --help'" said ||
        fail "$cmd: no word of --help"
done
refuses 2 "'frobnicate' is no command" frobnicate
refuses 2 "report takes no 'b'" report a b
refuses 2 "why needs TARGET ADDR" why a
refuses 2 "why takes no 'c'" why a b c
refuses 2 "'nonsense'" report --by=nonsense text
refuses 2 "'nonsense'" report --sort=nonsense text
refuses 2 "'-1'" report --top=-1 text
refuses 2 "''" report --top= text
refuses 2 "'chap'" report --format=chap text
refuses 2 "'xml'" list --format=xml text
refuses 2 "'1x'" list --min-size=1x text
refuses 2 "'99999999999T'" list --max-size=99999999999T text
refuses 2 "'2-1'" list --generation=2-1 text
refuses 2 "'('" list "--function=(" text
refuses 2 "'('" report "--skip=(" text
"$command" >answer 2>said
[ $? -eq 2 ] || fail "without a command: not 2"
[ ! -s answer ] || fail "without a command it writes to standard output"
grep -q '^Usage: malloc_tracer' said || fail "without a command: no usage"
