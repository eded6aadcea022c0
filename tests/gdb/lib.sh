# SPDX-License-Identifier: MIT
# For the tests of gdb's script, after tests/lib.sh: hello_world, its core, and
# one gdb for many commands.

. "$MTR_SRC/tests/install/hello.sh"
need_preload
need_ptrace
need gdb
gdb -nx -batch -ex 'python print("has Python")' 2>&1 |
    grep -qx 'has Python' || skip "this gdb has no Python"

script=$MTR_SRC/gdb/malloc_tracer-gdb.py
MALLOC_TRACER_LIBRARY=$MTR_LIB
# what gdb writes for a while is to be seen
TMPDIR=$mtr_tmp/room
mkdir "$TMPDIR"
export MALLOC_TRACER_LIBRARY TMPDIR

# The commands of standard input, one a line, each with its answer in a file
# answer.N, errors included; then the first one is 1.
gdb_asks() { # GDB-ARGUMENT...
    rm -f "$mtr_tmp"/answer.*
    n=0
    {
        echo 'set pagination off'
        echo 'set confirm off'
        echo 'set width 0'
        echo "python"
        echo "import gdb"
        echo "def each(n, line):"
        echo "    print('@@ %d' % n, flush=True)"
        echo "    try:"
        echo "        gdb.execute(line)"
        echo "    except gdb.error as error:"
        echo "        print(error)"
        echo "end"
        echo "source $script"
        echo "set malloc-tracer command $MTR_COMMAND"
        while IFS= read -r line; do
            n=$((n + 1))
            echo "python each($n, r'''$line''')"
        done
    } >"$mtr_tmp/commands"
    gdb -nx -batch "$@" -x "$mtr_tmp/commands" >"$mtr_tmp/all" 2>&1
    awk -v to="$mtr_tmp/answer." '/^@@ / { n = $2; next } n { print >(to n) }' \
        "$mtr_tmp/all"
    # it leaves nothing
    rmdir "$TMPDIR" || fail "left there: $(ls -R "$TMPDIR")"
    mkdir "$TMPDIR"
}

# Answer N has such a line.
has() { # N PATTERN
    grep -q -- "$2" "$mtr_tmp/answer.$1" 2>/dev/null || {
        cat "$mtr_tmp/all"
        fail "${what-}: answer $1 has no '$2'"
    }
}

has_not() { # N PATTERN
    grep -q -- "$2" "$mtr_tmp/answer.$1" 2>/dev/null || return 0
    cat "$mtr_tmp/all"
    fail "${what-}: answer $1 has '$2'"
}

# Do this with a core and with the process: gdb's arguments are "$@" there.
on_both() { # FUNCTION
    if hello_core; then
        what=core
        "$1" "$hello" "$core"
    else
        echo "no gcore here: no core was read"
    fi
    if gdb -nx -batch -p "$mtr_pids" -ex 'print 6 * 7' 2>&1 | grep -q '= 42'; then
        what=live
        "$1" -p "$mtr_pids"
    else
        echo "gdb may not attach here"
    fi
}
