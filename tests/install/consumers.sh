# SPDX-License-Identifier: MIT
# Small projects link the installed library, each with a build system of its own,
# and run traced: also a program that refers to nothing of the library, where the
# linker leaves out what is not referred to. Run by `make installcheck`, after
# installcheck.sh.

. "$MTR_SRC/tests/lib.sh"

[ -z "${MTR_SANITIZERS-}" ] || skip "sanitizers: the library is no one's to link"
need pkg-config

# The .pc file knows nothing of DESTDIR.
mkdir "$mtr_tmp/pc" "$mtr_tmp/sources" || exit 99
sed -e "s|^libdir=.*|libdir=$MTR_INST_LIBDIR|" \
    -e "s|^includedir=.*|includedir=$MTR_INST_INCLUDEDIR|" \
    "$MTR_INST_LIBDIR/pkgconfig/malloc_tracer.pc" >"$mtr_tmp/pc/malloc_tracer.pc"
PKG_CONFIG_PATH=$mtr_tmp/pc
LDFLAGS=-Wl,--as-needed
CC=$MTR_CC
export PKG_CONFIG_PATH LDFLAGS CC
unset DESTDIR MAKEFLAGS MFLAGS MAKELEVEL

cp "$MTR_SRC/examples/own_blocks.c" "$mtr_tmp/sources/"
# no call of malloc, and no reference to the library that is not weak
cat >"$mtr_tmp/sources/quiet.c" <<'END'
#include <malloc_tracer.h>
#include <unistd.h>
int main(void)
{
	static const char yes[] = "active\n", no[] = "not active\n";

	return (malloc_tracer_active() ? write(1, yes, sizeof(yes) - 1)
				       : write(1, no, sizeof(no) - 1)) < 0;
}
END

project() { # NAME
    mkdir "$mtr_tmp/$1" && cp "$mtr_tmp/sources/"*.c "$mtr_tmp/$1/" &&
        cd "$mtr_tmp/$1" || exit 99
}

# A step of the build, its words only where it fails.
step() { # COMMAND...
    "$@" >log 2>&1 || {
        cat log
        fail "$project: $*: exit status $?"
    }
}

are_traced() { # DIRECTORY
    for program in own_blocks quiet; do
        LD_LIBRARY_PATH=$MTR_INST_LIBDIR "$1/$program" >out ||
            fail "$project: $program: exit status $?"
        [ "$(head -n 1 out)" = active ] ||
            fail "$project: $program is not traced: $(cat out)"
    done
    echo "ok: $project"
}

by_make() {
    project make
    cat >Makefile <<'END'
CFLAGS = $(shell pkg-config --cflags malloc_tracer)
LDLIBS = $(shell pkg-config --libs malloc_tracer)
all: own_blocks quiet
END
    step make
    are_traced .
}

by_cmake() {
    project cmake
    cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(malloc_tracer REQUIRED IMPORTED_TARGET malloc_tracer)
foreach(name own_blocks quiet)
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} PkgConfig::malloc_tracer)
endforeach()
END
    mkdir build
    step cmake -S . -B build
    step cmake --build build --verbose
    are_traced build
}

by_meson() {
    project meson
    cat >meson.build <<'END'
project('consumer', 'c')
tracer = dependency('malloc_tracer')
foreach name : ['own_blocks', 'quiet']
  executable(name, name + '.c', dependencies : tracer)
endforeach
END
    step meson setup build
    step ninja -v -C build
    are_traced build
}

# Each with the programs that it needs.
for needed in make cmake 'meson ninja'; do
    project=${needed% *}
    missing=
    for program in $needed; do
        command -v "$program" >/dev/null 2>&1 || missing=$program
    done
    if [ "$missing" ]; then
        echo "skipped: $missing is not installed"
    else
        "by_$project"
    fi
done
