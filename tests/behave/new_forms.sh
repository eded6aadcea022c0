# SPDX-License-Identifier: MIT
# What is replaced of operator new and delete, in the program, in a library
# before this one and behind it: every form calls what it calls without the
# tracer. For each C++ runtime: `. "$MTR_SRC/tests/behave/new_forms.sh"`, then
# `replaced`. What names another runtime than the compiler's: replaced_cflags
# and replaced_libs. POSIX shell.

. "$MTR_SRC/tests/behave/behave.sh"

replaced_cflags=
replaced_libs=
news="_Znwm _Znam _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t"
wide_news="_ZnwmSt11align_val_t _ZnamSt11align_val_t
_ZnwmSt11align_val_tRKSt9nothrow_t _ZnamSt11align_val_tRKSt9nothrow_t"
deletes="_ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvRKSt9nothrow_t
_ZdaPvRKSt9nothrow_t"
wide_deletes="_ZdlPvSt11align_val_t _ZdaPvSt11align_val_t
_ZdlPvmSt11align_val_t _ZdaPvmSt11align_val_t
_ZdlPvSt11align_val_tRKSt9nothrow_t _ZdaPvSt11align_val_tRKSt9nothrow_t"

# Compile or link with the runtime that is tested.
cxx() {
    # shellcheck disable=SC2086 # these are lists of flags
    $MTR_CXX -w -O1 -g0 -fno-builtin $replaced_cflags "$@" $replaced_libs ||
        fail "$MTR_CXX $*: it does not build"
}

victims=$MTR_SRC/tests/victims

build_objects() {
    cxx -std=c++17 -fsized-deallocation -c "$victims/new_forms.cc" \
        -o "$mtr_tmp/new_forms.o"
    cxx -std=c++17 -fPIC -c "$victims/replaces.cc" -o "$mtr_tmp/same.o"
    cxx -std=c++17 -fPIC -DSHIFT -c "$victims/replaces.cc" \
        -o "$mtr_tmp/shift.o"
    cxx -std=c++17 -fPIC -DPOOL -c "$victims/replaces.cc" -o "$mtr_tmp/pool.o"
    cxx -rdynamic "$mtr_tmp/new_forms.o" -o "$mtr_tmp/none"
}

# A library that replaces these forms and no others.
library() { # HOW FORM...
    how=$1
    shift
    {
        echo '{ global:'
        printf '%s;\n' "$@"
        echo 'local: *; };'
    } >"$mtr_tmp/map"
    cxx -shared "$mtr_tmp/$how.o" -Wl,--version-script="$mtr_tmp/map" \
        -o "$mtr_tmp/replaces.so"
}

# Default mode and whole stacks.
compare_modes() { # NAME COMMAND...
    mtr_silent=yes
    compare "$@"
    mtr_options="stacks=32${mtr_quiet:+,$mtr_quiet}"
    compare "$@"
    unset mtr_options mtr_silent
}

forms() { # HOW FORM...
    library "$@"
    MTR_BEFORE=$mtr_tmp/replaces.so
    compare_modes "$* before" "$mtr_tmp/none"
    MTR_BEFORE=
    MTR_AFTER=$mtr_tmp/replaces.so
    compare_modes "$* behind" "$mtr_tmp/none"
    MTR_AFTER=
}

# The same with an allocator behind all, whose own forms call no other.
allocator() { # SONAME
    path=$(find_library "$1")
    [ -n "$path" ] || {
        echo "skipped: $1 is not installed"
        return
    }
    library same _Znwm _ZdlPv
    MTR_BEFORE=$mtr_tmp/replaces.so MTR_AFTER=$path
    compare_modes "$1, replaced before" "$mtr_tmp/none"
    MTR_BEFORE='' MTR_AFTER=$mtr_tmp/replaces.so:$path
    compare_modes "$1, replaced between" "$mtr_tmp/none"
    MTR_AFTER=$path
    compare_modes "$1, nothing replaced" "$mtr_tmp/none"
    MTR_AFTER=
    echo "ok: $1"
}

program() { # NAME FLAG...
    name=$1
    shift
    cxx -std=c++17 -fsized-deallocation -rdynamic "$@" \
        -o "$mtr_tmp/$name" -I"$victims" "$victims/new_forms.cc" \
        "$victims/replaces.cc"
    compare_modes "$name" "$mtr_tmp/$name"
    echo "ok: a program with $name"
}

replaced() {
    build_objects
    for form in $news $wide_news $deletes $wide_deletes; do
        forms same "$form"
    done
    echo "ok: each form"
    forms same _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t
    forms same _ZdlPvm _ZdaPvm
    # shellcheck disable=SC2086 # these are lists
    {
        forms same $news $wide_news
        forms same $deletes $wide_deletes
        forms shift $news $wide_news $deletes $wide_deletes
        forms pool $news $wide_news $deletes $wide_deletes
    }
    forms shift _Znwm _ZdlPv
    forms pool _Znwm _ZdlPv
    forms shift _Znam _ZdaPv
    forms shift _ZnwmSt11align_val_t _ZdlPvSt11align_val_t
    echo "ok: forms together"
    program new_and_delete -DFORMS=0x101 -DSHIFT
    program all -DSHIFT
    program arrays -DFORMS=0x202 -DSHIFT -fno-sized-deallocation
    program aligned -DFORMS=0x4010 -DPOOL
    program new_alone -DFORMS=1
    program delete_alone -DFORMS=0x100
    cxx "$victims/wraps_malloc.cc" -o "$mtr_tmp/wraps_malloc" -ldl
    compare_modes wraps_malloc "$mtr_tmp/wraps_malloc"
    echo "ok: a program that wraps malloc"
    for allocator in libjemalloc.so.2 libtcmalloc_minimal.so.4 \
        libmimalloc.so.2; do
        allocator $allocator
    done
}
