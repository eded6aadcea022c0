# SPDX-License-Identifier: MIT
# One cell of the table: `sh cell.sh PIECE` in an empty directory. A piece is a
# file of functions in loads or faults:
#
#   load     does the work; its output and exit status are what is compared.
#            What differs from run to run must not be printed.
#   judge PLAIN-OUT TRACED-OUT TRACED-ERR
#            where the outputs need not be equal: prints what is wrong
#
# POSIX shell. STRESS_PRELOAD and STRESS_OPTIONS are for the traced program
# alone; STRESS_MODE is `plain` without the library.

set -u

# The program that is judged. Everything else runs without the library.
under() {
    (serve "$@")
}

# The same in place of this shell: `serve PROGRAM &` has the program's pid in $!.
serve() {
    if [ -n "$STRESS_PRELOAD" ]; then
        exec env LD_PRELOAD="$STRESS_PRELOAD" \
            MALLOC_TRACER_OPTIONS="$STRESS_OPTIONS" "$@"
    else
        exec env "$@"
    fi
}

# As nobody, where root runs the tests.
nobody() {
    (exec_nobody "$@")
}

exec_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        exec "$@"
    fi
}

under_nobody() {
    (serve_nobody "$@")
}

serve_nobody() {
    if [ -n "$STRESS_PRELOAD" ]; then
        exec_nobody env LD_PRELOAD="$STRESS_PRELOAD" \
            MALLOC_TRACER_OPTIONS="$STRESS_OPTIONS" "$@"
    else
        exec_nobody "$@"
    fi
}

skip() {
    echo "SKIP: $*"
    exit 77
}

need() {
    for program; do
        command -v "$program" >/dev/null 2>&1 ||
            skip "$program is not installed"
    done
}

# A fault that is one without any comparison.
wrong() {
    echo "$*" >&3
}

traced() {
    [ "$STRESS_MODE" != plain ]
}

# Build a program of tests/stress, or skip.
compile() { # OUTPUT COMPILER ARGUMENT...
    need "$2"
    compile_to=$1
    shift
    "$@" -o "$compile_to" >compile.log 2>&1 ||
        skip "$(basename "$compile_to") cannot be built: $(head -n 1 compile.log)"
}

# A live process's record can be read, and says what can be true. BLOCKS: so
# many at the least, 0 for a program with a malloc of its own.
look() { # PID [BLOCKS]
    traced || return 0
    if ! "$MTR_COMMAND" report "$1" --json >look.json 2>look.err; then
        wrong "report $1: $(head -n 1 look.err)"
        return 0
    fi
    python3 "$STRESS_SRC/look.py" "${2-1}" <look.json >look.said 2>&1 ||
        wrong "report $1: $(tail -n 1 look.said)"
}

# Wait until a command succeeds, 30 s at most.
until_true() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || return 1
        sleep 0.1
    done
}

STRESS_BIN=$STRESS_TMP/bin
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

if [ "$1" = --judge ]; then
    piece=$2
    shift 2
else
    piece=$1
    set --
fi
for file in "$STRESS_SRC/loads/$piece.sh" "$STRESS_SRC/faults/$piece.sh"; do
    # shellcheck source=/dev/null
    [ ! -f "$file" ] || . "$file"
done
if [ $# -gt 0 ]; then
    judge "$@"
else
    load
fi
