# SPDX-License-Identifier: MIT
# bootstrap installs what is missing and no more, runs autoreconf where there is
# no configure, and counts the tests' results. The package, the package manager
# and autoreconf are stand-ins.

. "$MTR_SRC/tests/lib.sh"

need gcc make g++ gdb gcore cmp find

# The make that runs us is not the one that bootstrap runs.
unset MAKEFLAGS MFLAGS MAKELEVEL

tree=$mtr_tmp/tree
bin=$mtr_tmp/bin
mkdir "$tree" "$bin"
cp "$MTR_SRC/bootstrap" "$tree/bootstrap"

stub() { # NAME, the script on standard input
    { echo '#!/bin/sh'; cat; } >"$bin/$1"
    chmod +x "$bin/$1"
}

# One test passes, one skips, the third fails if asked to.
make_package() {
    mkdir "$tree/m4"
    touch "$tree/configure.ac" "$tree/Makefile.am"
    mkdir -p "$tree/src/preload"
    touch "$tree/src/Makemodule.am" "$tree/src/preload/Makemodule.am"
    cat >"$mtr_tmp/configure" <<-'END'
	#!/bin/sh
	echo "$0" >>configured
	touch config.status
	mkdir -p src/cli examples
	ln -sf "$MTR_COMMAND" src/cli/malloc_tracer
	ln -sf "$MTR_BUILD/examples/hello_world" examples/hello_world
	cat >Makefile <<'MAKEFILE'
	all:
	check: a b c
	a:; echo 'PASS: a'; sh ./wait; echo ':test-result: PASS' >a.trs
	b:; echo ':test-result: SKIP' >b.trs; echo 'SKIP: no moon' >b.log
	c:; echo ":test-result: $${RESULT:-PASS}" >c.trs; test -z "$$RESULT"
	MAKEFILE
	echo '[ -z "$SHOWN" ] || timeout 100 head -n 1 "$SHOWN" || touch late' >wait
	END
    chmod +x "$mtr_tmp/configure"
}

make_stubs() {
    stub apt-get <<-END
	echo "\$*" >>"$mtr_tmp/apt.log"
	case "\$*" in *-s*) exit 1 ;; esac
	END
    echo 'exec "$@"' | stub sudo
    stub autoreconf <<-END
	echo called >>"$mtr_tmp/autoreconf.log"
	touch Makefile.in
	cp "$mtr_tmp/configure" configure
	END
    # Check and libdw are missing, until they are installed.
    stub pkg-config <<-END
	case \$2 in
	libelf) ;;
	*) grep -q "install .*\$2" "$mtr_tmp/apt.log" ;;
	esac
	END
    for tool in autoconf automake libtoolize; do
        echo : | stub $tool
    done
}

boot() { # STATUS ARGUMENT...
    expected=$1
    shift
    PATH=$bin:$PATH "$tree/bootstrap" "$@" >"$mtr_tmp/out" 2>&1
    status=$?
    cat "$mtr_tmp/out"
    [ $status -eq "$expected" ] ||
        fail "bootstrap $*: exit status $status, not $expected"
}

says() { # LINE
    grep -qx "$1" "$mtr_tmp/out" || fail "bootstrap does not say \"$1\""
}

last_says() { # LINE
    [ "$(tail -n 1 "$mtr_tmp/out")" = "$1" ] ||
        fail "bootstrap does not end with \"$1\""
}

check_usage() {
    boot 0 --help
    grep -q 'Usage: ./bootstrap demo' "$mtr_tmp/out" || fail "no usage"
    boot 2
    boot 2 moon
    boot 2 check twice
}

check_fresh_clone() {
    : >"$mtr_tmp/apt.log"
    boot 0 check
    says 'skipped b: no moon'
    last_says '2 passed, 0 failed, 1 skipped'
    [ -f "$mtr_tmp/autoreconf.log" ] || fail "autoreconf was not run"
    # libiberty is looked for with the compiler, which is no stand-in
    wanted='check libarchive-dev libdw-dev (libiberty-dev )?libzstd-dev zlib1g-dev *'
    grep -Eq "install .*--no-install-recommends $wanted\$" "$mtr_tmp/apt.log" ||
        fail "not these alone are installed: $wanted: $(cat "$mtr_tmp/apt.log")"
}

# Nothing is missing, nothing is new.
check_again() {
    rm "$mtr_tmp/autoreconf.log"
    boot 0 check
    [ ! -f "$mtr_tmp/autoreconf.log" ] || fail "autoreconf was run again"
    [ "$(grep -c 'install .*check' "$mtr_tmp/apt.log")" -eq 1 ] ||
        fail "Check was installed again"
    [ "$(wc -l <"$tree/build/configured")" -eq 1 ] ||
        fail "configure was run again"
}

# The last lines are the report of a core, of the program and the command of
# this build.
check_demo() {
    if [ ! -x "$MTR_COMMAND" ] || [ "${MTR_SANITIZERS-}" ]; then
        echo "no demo: there is no command here, or nothing can be traced"
        return
    fi
    sleep 100 &
    mtr_pids=$!
    gcore -o "$mtr_tmp/try" $mtr_pids >/dev/null 2>&1 || {
        echo "no demo: gcore does not work here"
        return
    }
    boot 0 demo
    tail -n 1 "$mtr_tmp/out" |
        grep -Eq '^ *110[.]0 MiB +100[.]0% +4 .* main  [[]hello_world[]]$' ||
        fail "the demo does not end with main and its 110 MiB"
    grep -q '^live  *4 blocks, 110.0 MiB (115,343,419 bytes) requested$' \
        "$mtr_tmp/out" || fail "the demo's numbers are not exact"
    rm -f "$tree"/build/demo/core.*
}

# A result is shown when it is there: make goes on when it has been read.
check_shown() {
    mkfifo "$mtr_tmp/shown" "$mtr_tmp/lines" || exit 99
    exec 5<>"$mtr_tmp/shown"
    SHOWN=$mtr_tmp/shown PATH=$bin:$PATH "$tree/bootstrap" check \
        >"$mtr_tmp/lines" 2>&1 &
    mtr_pids=$!
    while read -r line; do
        case $line in
        PASS:*) echo >&5 ;;
        esac
    done <"$mtr_tmp/lines"
    wait $mtr_pids || fail "bootstrap check into a pipe: exit status $?"
    mtr_pids=
    exec 5>&-
    [ ! -f "$tree/build/late" ] || fail "results are shown late in a pipe"
}

check_failures() {
    RESULT=FAIL
    export RESULT
    boot 1 check
    last_says '1 passed, 1 failed, 1 skipped'
    boot 1 totals "$tree/build"
    last_says '1 passed, 1 failed, 1 skipped'
    # make fails, no test does
    RESULT=
    echo 'check: none' >>"$tree/build/Makefile"
    boot 1 check
    last_says '2 passed, 0 failed, 1 skipped'
    echo 'check:' >"$tree/build/Makefile"
    echo 'all:' >>"$tree/build/Makefile"
    boot 1 check
    last_says '0 passed, 0 failed, 0 skipped'
}

make_package
make_stubs
check_usage
check_fresh_clone
check_again
check_shown
check_demo
check_failures
