#!/bin/sh
# SPDX-License-Identifier: MIT
# A table of a live process, again and again: plain where there is no terminal;
# in a terminal its columns, keys, sizes, and that this is given back whatever
# ends it.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

orders() { # CHARACTERS
    echo "$1" >&3
    listen
}

program=$(victim grows)
run_options=-s
columns='BYTES  *BLOCKS  *GROWTH  *BLOCKS  *PER SECOND'

# ------------------------------------------------------------ no terminal

# Two tables, and growth between them. False: the machine was so loaded that the
# second was made first.
grows_between() {
    start
    : >answer
    "$command" top --count=2 --by=module "$pid" >answer 2>said </dev/null &
    job_top=$!
    mtr_pids="$mtr_pids $job_top"
    # each table is written out when it is made
    eventually [ -s answer ] || fail "top shows no table"
    orders g
    # It is neither stopped nor traced, so it executes nothing for that.
    while kill -0 $job_top 2>/dev/null; do
        state=$(sed -n 's/^\(State\|TracerPid\):[[:space:]]*//p' \
            "/proc/$pid/status" | tr '\n' ' ')
        case $state in
        [tT]*) fail "it is stopped: $state" ;;
        *" 0 ") ;;
        *) fail "it is traced: $state" ;;
        esac
    done
    wait $job_top || fail "exit $?"
    [ ! -s said ] || fail "it says $(cat said)"
    [ "$(grep -c "^ *$columns  MODULE\$" answer)" -eq 2 ] || fail "$(cat answer)"
    grep -q '^ *12.8 KiB  *74  *+2.9 KiB  *+30  *+[0-9.]* KiB  grows$' answer
}
tries=0
until grows_between; do
    tries=$((tries + 1))
    [ $tries -lt 10 ] || fail "no growth: $(cat answer)"
    stop
done
ask top --count=1 --top=1 --sort=count --function='^grow$' "$pid"
[ "$(grep -c '\[grows\]' answer)" -eq 1 ] || fail "$(cat answer)"
has ' 30 .*  grow  \[grows\]$'
has 'sorted by blocks$'
ask top --count=1 --by=stack "$pid"
has 'main;order;grow$'

"$command" top "$pid" >table 2>said.end </dev/null &
job_top=$!
mtr_pids="$mtr_pids $job_top"
eventually [ -s table ] || fail "top shows no table"
gone=$pid
if command -v gcore >/dev/null 2>&1 && have_gcore; then
    refuses 1 'only a live process can be watched' top "$core"
fi
stop
wait $job_top || fail "at the process's end: exit $?"
[ "$(cat said.end)" = "malloc_tracer: $gone: the process has ended" ] ||
    fail "at the process's end: $(cat said.end)"
refuses 1 'no such file or process' top "$gone"

# Where the kernel has no descriptor of a process, its end is told from other
# errors by these.
watched_without() { # COMMAND WANT
    start
    : >table
    env LD_PRELOAD="$(victim .libs/no_pidfd.so)" \
        ASAN_OPTIONS=verify_asan_link_order=0 \
        "$command" top "$pid" >table 2>said.end </dev/null &
    job_top=$!
    mtr_pids="$mtr_pids $job_top"
    eventually [ -s table ] || fail "top shows no table"
    gone=$pid
    eval "$1"
    wait $job_top
    grep -q "^malloc_tracer: $gone: $2" said.end ||
        fail "without a descriptor: $1: $(cat said.end)"
    stop
}
watched_without stop 'the process has ended$'
# shellcheck disable=SC2016 # it is expanded later
if command -v prlimit >/dev/null 2>&1; then
    watched_without 'prlimit --pid=$job_top --nofile=0' '.*oo many open files'
fi
refuses 2 'need the process stopped' top --by=root 1
refuses 2 'need the process stopped' top --sort=pins 1
refuses 2 'missing PID' top

# ------------------------------------------------------------- a terminal

command -v tmux >/dev/null 2>&1 || {
    echo "no tmux: not tried in a terminal"
    exit 0
}
tmux() {
    command tmux -f /dev/null -L "mtr-$$" "$@" </dev/null
}
end_tmux() {
    end_status=$?
    tmux kill-server 2>/dev/null
    (exit $end_status)
    finish
}
trap end_tmux EXIT

# The shell there is interactive, with jobs.
tmux new-session -d -x 110 -y 12 "PS1='% ' ENV= exec sh -i" 2>tmux.log || {
    cat tmux.log
    echo "no tmux server can be had: not tried in a terminal"
    exit 0
}

screen() {
    tmux capture-pane -p >screen
}

screen_has() { # PATTERN
    screen && grep -q -- "$1" screen
}

# Until it is there: readings are a second apart.
sees() { # PATTERN
    eventually screen_has "$1" || {
        cat screen
        fail "the screen never has '$1'"
    }
}

types() { # LINE
    tmux send-keys -l "$1"
    tmux send-keys Enter
}

appears() { # FILE
    eventually [ -s "$1" ] || {
        screen
        cat screen
        fail "there is no $1"
    }
}

has_modes() { # WHICH
    [ "$(tmux display-message -p \
        '#{alternate_on} #{cursor_flag} #{wrap_flag}')" = "$1" ]
}

# As it was before: no other screen, a cursor, the same modes.
is_restored() { # WHEN
    eventually has_modes "0 1 1" || fail "$1: the terminal is not given back"
    rm -f after
    types "stty -a | sed 's/rows.*columns [0-9]*;//' >after.new; mv after.new after"
    appears after
    same "$1: stty" before after
}

cat >watch.sh <<END
#!/bin/sh
echo \$\$ >toppid.new && mv toppid.new toppid
exec env TERM=xterm "$command" top "\$@"
END
chmod +x watch.sh

# begin ARGUMENT... of top, in the terminal; $top is its pid
begin() {
    rm -f status toppid
    types "./watch.sh $*; echo status \$? >status"
    sees "$columns"
    top=$(cat toppid)
}

types "stty -a | sed 's/rows.*columns [0-9]*;//' >before.new; mv before.new before"
appears before
start
begin "$pid"
sees "^process  *$pid: 44 blocks, 9.9 KiB"
sees "^ *$columns  FUNCTION"
sees '^ *7.8 KiB  *40  *0 B  *0  *0 B  steady  \[grows\]'
sees '\[s\]ort \[g\]roup \[m\]ark \[q\]uit'
orders g
sees '^ *2.9 KiB  *30  *+2.9 KiB  *+30  *+*[0-9.]* K*i*B  grow  \[grows\]'
sees '^growth  *+30 blocks, +2.9 KiB in '
tmux send-keys s
sees 'sorted by blocks'
tmux send-keys s
sees 'sorted by growth  '
grew_most() {
    screen && sed -n '6p' screen | grep -q 'grow  \[grows\]'
}
eventually grew_most || {
    cat screen
    fail "what grew most is not the first"
}
tmux send-keys m
sees '^growth  *0 blocks, 0 B in '
orders g
sees '^growth  *+30 blocks, +2.9 KiB in '
sees '^ *5.9 KiB  *60  *+2.9 KiB  *+30 .*  grow  \[grows\]'
for title in MODULE CALLER LINE STACK SIZE GENERATION FUNCTION; do
    tmux send-keys g
    sees "^ *$columns  $title"
    # by all of them since the mark, but by stack since now
    case $title in
    FUNCTION) ;;
    STACK) sees '^growth  *0 blocks, 0 B in 0:0' ;;
    *) sees ' +2.9 KiB  *+30 ' ;;
    esac
done

# Neither wrapped nor scrolled, whatever the size; a long name is cut to fit.
for _ in 1 2 3 4; do
    tmux send-keys g
done
sees '\.\.\..*main;order;grow$'
resize() { # COLUMNS ROWS PATTERN
    tmux resize-window -x "$1" -y "$2"
    sees "$3"
    [ "$(head -n 1 screen | cut -c1-7)" = process ] &&
        [ "$(sed -n 2p screen | cut -c1-6)" = growth ] &&
        [ -z "$(sed -n 4p screen)" ] || {
        cat screen
        fail "at $1 x $2"
    }
}
resize 160 30 ' _start;.*main;order;grow$'
resize 60 7 '  \.\.\.w$'
[ "$(wc -l <screen)" -le 7 ] || fail "at 60 x 7: $(cat screen)"
resize 20 4 '^by  *stack,$'
resize 110 12 '\.\.\..*main;order;grow$'

tmux send-keys q
appears status
[ "$(cat status)" = "status 0" ] || fail "q: $(cat status)"
is_restored "q"

# Stopped, and back.
begin "$pid"
tmux send-keys C-z
is_restored "Ctrl-Z"
types fg
sees "^ *$columns  FUNCTION"
[ "$(tmux display-message -p '#{alternate_on} #{cursor_flag}')" = "1 0" ] ||
    fail "fg: not as it was"
tmux send-keys s
sees 'sorted by blocks'
kill -TERM "$top"
is_restored "SIGTERM"
for signal in INT HUP QUIT SEGV; do
    begin "$pid"
    kill -$signal "$top"
    is_restored "SIG$signal"
done
begin "$pid"
tmux send-keys C-c
is_restored "Ctrl-C"

# The process ends.
begin "$pid"
gone=$pid
stop
is_restored "the process's end"
sees "^malloc_tracer: $gone: the process has ended"
[ "$(cat status)" = "status 0" ] || fail "the process's end: $(cat status)"
exit 0
