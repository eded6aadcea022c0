# SPDX-License-Identifier: MIT
# How a load is measured; the project's own loads, and programs that many
# machines have. Read by run.

wanted() {
    listed "$1" "${BENCH_LOADS-$1}"
}

installed() { # LABEL PROGRAM
    command -v "${2:-:none}" >/dev/null 2>&1 && return
    not_measured "$1" "${3:-$(basename "$2")} is not installed"
    return 1
}

not_measured() { # LABEL WHY
    printf '%-16s not measured: %s\n' "$1" "$2"
}

show() { # a row, from standard input
    cat >"$tmp/row"
    cat "$tmp/row"
    cat "$tmp/row" >>"$table"
}

# ld.so warns of a library that it cannot load, and goes on without; a static
# program ignores it. Both would look like a tracer that costs nothing.
check_preload() { # PROGRAM
    while IFS='|' read -r name preload rest; do
        for file in $(echo "$preload" | tr : ' '); do
            LD_TRACE_LOADED_OBJECTS=1 LD_PRELOAD=$preload "$1" \
                </dev/null 2>/dev/null | grep -qF "$file " ||
                die "$name: $1 runs without $file"
        done
    done <"$configs"
}

budget_of() { # NAME BUDGETS
    for item in $2; do
        [ "${item%%=*}" != "$1" ] || echo "${item#*=}"
    done
}

heading() {
    printf '\n%-16s %-16s %5s  %6s  %12s  %7s  %6s\n' "CPU TIME" configuration \
        seconds ratio quartiles memory budget
}

# One word a line, none of them empty: measure's arguments for a configuration.
# Other tools say much on stderr, and cannot run everything.
config_words() { # NAME PRELOAD VARIABLES ROUNDS BASE WRAPPER
    printf '%s\n' -c "$1=$2" -n "$4"
    ! is_peer "$1" || echo -q
    [ -z "$5" ] || printf '%s\n' -v "$5"
    echo "$3" | tr ';' '\n' | sed -n 's/^..*/-e\n&/p'
    echo "$6" | tr ' ' '\n' | sed -n 's/^..*/-x\n&/p'
    printf '%s\n' -b "$(budget_of "$1" "$budgets" | grep . || echo 0)" \
        -B "$(budget_of "$1:memory" "$budgets" | grep . || echo 0)"
}

# BUDGETS are ratios, CONFIGURATION=RATIO of CPU time and
# CONFIGURATION:memory=RATIO of peak memory. FLAGS are measure's own. COMMAND
# must be the program that allocates, with no script before it: some libraries
# are not handed on to children.
load() { # KEY LABEL BUDGETS FLAGS COMMAND ARG...
    check_preload "$5"
    label=$2 budgets=$3 flags=$4
    configs_of "$1" >"$tmp/taking-part"
    shift 4
    while IFS='|' read -r name preload variables few base wrapper rest; do
        config_words "$name" "$preload" "$variables" "$few" "$base" "$wrapper"
    done <"$tmp/taking-part" >"$tmp/words"
    words=$#
    while IFS= read -r word; do
        set -- "$@" "$word"
    done <"$tmp/words"
    set -- "$@" --
    while [ "$words" -gt 0 ]; do # the command comes last
        set -- "$@" "$1"
        shift
        words=$((words - 1))
    done
    # shellcheck disable=SC2086
    "$programs/measure" -r "$rounds" -l "$label" -o "$tmp/new" $flags "$@" \
        >"$tmp/out" || die "$label: no figures"
    [ -s "$figures" ] || heading
    show <"$tmp/out"
    cat "$tmp/new" >>"$figures"
    rm "$tmp/new"
}

micro() { # KEY LABEL BUDGETS FLAGS ARG...
    wanted "$1" || return 0
    key=$1 label=$2 budgets=$3 flags=$4
    shift 4
    load "$key" "$label" "$budgets" "$flags" "$programs/micro" "$@"
}

strings() {
    wanted strings || return 0
    [ -x "$programs/strings" ] || {
        not_measured strings "no C++ compiler"
        return
    }
    load strings strings "default=1.05 stacks1=1.03 stacks1:memory=1.19" -p \
        "$programs/strings" 1000000
}

sqlite() {
    wanted sqlite || return 0
    installed sqlite sqlite3 || return 0
    sqlite3=$(command -v sqlite3)
    load sqlite sqlite "default=1.05 stacks32=1.03" -p "$sqlite3" -batch :memory: \
        ".read '$workloads/sqlite.sql'"
}

# `python3` may be a script that looks for the interpreter.
objects() {
    wanted objects || return 0
    installed objects.py python3 || return 0
    python=$(python3 -c 'import sys; print(sys.executable)')
    budgets="default=1.05 stacks1=1.06 stacks32=1.20"
    load objects objects.py \
        "$budgets stacks1:memory=1.16 stacks32:memory=1.20" \
        "-p -e PYTHONMALLOC=malloc -e PYTHONHASHSEED=0" \
        "$python" "$workloads/objects.py"
}

# Not by the g++ driver, which is another process and allocates little.
cc1plus() {
    wanted cc1plus || return 0
    for cxx in "${MTR_CXX:-g++}" g++; do
        compiler=$($cxx -print-prog-name=cc1plus 2>/dev/null) || compiler=
        [ ! -x "$compiler" ] || break
    done
    installed cc1plus "$compiler" "gcc's cc1plus" || return 0
    $cxx -std=c++17 -E "$workloads/templates.cpp" -o "$tmp/templates.ii" ||
        die "$cxx: templates.cpp"
    load cc1plus cc1plus "default=1.05 stacks32=1.15 stacks32:memory=1.05" -p \
        "$compiler" -quiet -O2 -std=c++17 -fpreprocessed "$tmp/templates.ii" -o /dev/null
}

clang_load() { # COMMAND ARG...
    if "$@" >"$tmp/out" 2>&1; then
        load clang clang "default=1.05 stacks32=1.20" -p "$@"
    else # no headers of the library, perhaps
        not_measured clang "$(grep -m 1 error "$tmp/out")"
    fi
}

# `clang` is the driver, and may be a script. What it would run it prints, each
# word in quotes.
clang_cc1() {
    wanted clang || return 0
    installed clang "$(command -v clang)" clang || return 0
    words=$(clang '-###' -O2 -std=c++17 -c \
        "$workloads/templates.cpp" -o /dev/null 2>&1 | grep '"-cc1"') ||
        die "clang: no -cc1 in what it would run"
    eval "clang_load $words"
}

# Coroutines on sixteen stacks, and the same work on one.
fibers_load() { # LABEL COUNT FLAGS COMMAND...
    fibers=$1 count=$2 flags=$3
    shift 3
    load fibers "$fibers, 1" "" "$flags" "$@" "$count" 1
    load fibers "$fibers, 16" "" "$flags" "$@" "$count" 16
}

fibers() {
    wanted fibers || return 0
    fibers_load fibers 400000 -p "$programs/fibers"
    if [ -x "$programs/boost_fibers" ]; then
        fibers_load boost 1000000 -p "$programs/boost_fibers"
    else
        not_measured boost "boost::context is not installed"
    fi
    if installed ruby ruby; then
        fibers_load ruby 100000 -p "$(command -v ruby)" "$workloads/fibers.rb"
    fi
    if installed php php; then
        fibers_load php 200000 "-p -e USE_ZEND_ALLOC=0" "$(command -v php)" \
            "$workloads/fibers.php"
    fi
    for python in python3 /usr/bin/python3; do
        $python -c 'import greenlet' 2>/dev/null || continue
        python=$($python -c 'import sys; print(sys.executable)')
        fibers_load greenlets 100000 "-p -e PYTHONMALLOC=malloc" "$python" \
            "$workloads/greenlets.py"
        return
    done
    not_measured greenlets "greenlet is not installed"
}

# Most processes are short; of many the start is all there is.
bash_start() {
    wanted bash || return 0
    installed "bash -c x=1" bash || return 0
    load bash "bash, 200 starts" "" "-p -k 200" "$(command -v bash)" -c x=1
}
