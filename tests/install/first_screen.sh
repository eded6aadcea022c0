# SPDX-License-Identifier: MIT
# The commands on README's first screen do what it shows: the numbers differ, the
# lines are the same.

. "$MTR_SRC/tests/lib.sh"

need_preload
need redis-server redis-cli gcore
[ -x "$MTR_COMMAND" ] || skip "there is no command here"

cd "$mtr_tmp" || exit 99
port=$((20000 + $$ % 10000))
mkdir bin
ln -s "$MTR_COMMAND" bin/malloc_tracer
PATH=$mtr_tmp/bin:$PATH
MALLOC_TRACER_LIBRARY=$MTR_LIB
export MALLOC_TRACER_LIBRARY
unset MALLOC_TRACER_OPTIONS

sed -n '/^<!-- first: begin/,/^<!-- first: end/s/^    //p' "$MTR_SRC/README" \
    >screen
sed -n 's/^[$] //p' screen >commands
[ "$(wc -l <commands)" -eq 4 ] || fail "not four commands: $(cat commands)"

# The nth, with a port and a process of our own.
command_line() { # N
    sed -n "$1p" commands | sed "s/redis-server --/redis-server --port $port --/
        s/redis-cli /redis-cli -p $port /
        s/[$](pidof redis-server)/$mtr_pids/
        s/redis[.][0-9][0-9]*/redis.$mtr_pids/
        s/ &\$//"
}

wait_for_redis() {
    while kill -0 "$mtr_pids" 2>/dev/null; do
        redis-cli -p "$port" ping 2>/dev/null | grep -q PONG && return
        sleep 0.1
    done
    cat redis.log
    skip "redis-server does not answer here"
}

mtr_pids=
server=$(command_line 1)
sh -c "exec $server" >redis.log 2>&1 &
mtr_pids=$!
wait_for_redis
sh -c "$(command_line 2)" >filled 2>&1 || fail "$(cat filled)"
! grep -i err filled || fail "redis refuses"
sh -c "$(command_line 3)" >gcore.log 2>&1 ||
    skip "gcore gives no core here: $(tail -n 1 gcore.log)"
sh -c "$(command_line 4)" >got || fail "report: exit status $?"

# The label of each line above the table, and what is in each line of the table.
shape() { # FILE
    sed '/^$/d; /^[$] /d; / stripped/d; /^no names/d
        /^  *for [0-9.]* %: /d
        s/^\([a-z][a-z]*\)  .*/\1/; s/ in .* more group.*/ more/
        s/^ *[0-9.]* [KMGi]*B  *[0-9.]*%  *[0-9]*  *[0-9.]* [KMGi]*B  .*/row/
        s/^ *[0-9.]* [KMGi]*B more/more/' "$1"
}
shape screen >want
shape got >shown
cmp want shown || {
    cat got
    diff want shown
    fail "README shows other lines"
}
kill "$mtr_pids"
wait "$mtr_pids" 2>/dev/null
mtr_pids=
rm -f redis.*
