# SPDX-License-Identifier: MIT
# The configurations: the library's own, and other tools. Read by run.
#
# Another allocator is as much faster or slower than glibc as it is; what its
# profile costs shows against the same allocator without one. So jemalloc and
# tcmalloc have two kinds of rows, and those with a profile say what they are
# compared with.

# NAME|PRELOAD|VARIABLE=VALUE;...|ROUNDS|BASE|WORDS BEFORE THE COMMAND|NOT WITH
configs=$tmp/configs
skipped=$tmp/skipped
: >"$configs"
: >"$skipped"

# Keys of loads, of which a configuration takes no part in some: a tool that
# takes microseconds for a block, in loads that do nothing but allocate.
in_valgrind="instructions startup"
micros="pair deep churn pair2 churn2 fibers"
fixed_work="cfrac espresso glibc-simple"
large="objects cc1plus clang bash server larson xmalloc-test mstress
glibc-thread"

add_config() { # NAME PRELOAD VARIABLES [ROUNDS [BASE [WORDS [NOT WITH]]]]
    for file in $(echo "$2" | tr : ' '); do
        [ -r "$file" ] || die "$1: $file is not there"
    done
    ! has_config "$1" || die "$1: two configurations of that name"
    echo "$1|$2|$3|${4:-$rounds}|${5-}|${6-}|${7-}" >>"$configs"
}

has_config() { # NAME
    grep -q "^$1|" "$configs"
}

# Those that take part in a load, or in what the key names
configs_of() { # KEY
    awk -F '|' -v key="$1" 'index(" " $7 " ", " " key " ") == 0' "$configs"
}

skip_config() { # NAME WHY
    echo "$1 is not measured: $2" >>"$skipped"
}

add_build() { # [NAME=]DIRECTORY
    dir=${1#*=}
    name=${1%%=*}
    [ "$name" != "$1" ] || name=$(basename "$dir")
    add_config "$name" "$dir/src/preload/.libs/libmalloc_tracer.so" ""
}

add_also() { # NAME=PRELOAD[;VARIABLES]
    case $1 in
    *=*) ;;
    *) die "MTR_BENCH_ALSO: $1: not NAME=LIBRARY" ;;
    esac
    spec=${1#*=}
    case $spec in
    *\;*) add_config "${1%%=*}" "${spec%%;*}" "${spec#*;}" ;;
    *) add_config "${1%%=*}" "$spec" "" ;;
    esac
}

listed() { # WORD LIST
    case " $2 " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
}

wanted_config() { # NAME...
    for name; do
        ! listed "$name" "${BENCH_CONFIGS-$name}" || return 0
    done
    return 1
}

# The first that a library complains of when it is loaded
complaint() { # LIBRARY VARIABLE=VALUE
    (
        export LD_PRELOAD="$1" "${2?}"
        exec uname
    ) 2>&1 >/dev/null | sort -u | head -n 1
}

# The library, as it was built

add_padded() {
    wanted_config padded || return 0
    add_config padded "$MTR_BUILD/bench/.libs/pad.so" "" $(((rounds + 1) / 2)) \
        "" "" server # which has jemalloc: pad.so would give it glibc's
}

# An option that the library does not know it reports, and goes on without.
add_own() { # NAME [OPTIONS]
    wanted_config "$1" || return 0
    refused=$(complaint "$MTR_LIB" "MALLOC_TRACER_OPTIONS=${2-}")
    if [ "$refused" ]; then
        skip_config "$1" "$refused"
    else
        add_config "$1" "$MTR_LIB" "${2:+MALLOC_TRACER_OPTIONS=$2}"
    fi
}

# Other tools

is_peer() { # NAME
    case $1 in
    heaptrack | jemalloc* | tcmalloc* | memusage | dhat) ;;
    *) return 1 ;;
    esac
}

library_path() { # SONAME; nothing: not installed
    ldconfig -p 2>/dev/null |
        awk -v name="$1" '$1 == name && /x86-64|AArch64/ { print $NF; exit }'
}

# The command is a script; its library is not where the linker looks.
add_heaptrack() {
    wanted_config heaptrack || return 0
    heaptrack=$(command -v heaptrack) || {
        skip_config heaptrack "it is not installed"
        return
    }
    prefix=$(dirname "$(dirname "$(readlink -f "$heaptrack")")")
    for file in "$prefix"/lib*/heaptrack/libheaptrack_preload.so \
        "$prefix"/lib/*/heaptrack/libheaptrack_preload.so; do
        [ -r "$file" ] || continue
        add_config heaptrack "$file" DUMP_HEAPTRACK_OUTPUT=/dev/null "$few" \
            "" "" "$in_valgrind"
        return
    done
    skip_config heaptrack "libheaptrack_preload.so is not where it should be"
}

# A jemalloc without profiles says that it does not know the option.
add_jemalloc() {
    wanted_config jemalloc jemalloc-19 jemalloc-0 || return 0
    library=${BENCH_JEMALLOC:-$(library_path libjemalloc.so.2)}
    [ "$library" ] || {
        skip_config jemalloc "libjemalloc.so.2 is not installed"
        return
    }
    add_config jemalloc "$library" "" "$half"
    refused=$(complaint "$library" MALLOC_CONF=prof:true)
    [ -z "$refused" ] || {
        skip_config "jemalloc's profile" "$refused (BENCH_JEMALLOC names one)"
        return
    }
    ! wanted_config jemalloc-19 ||
        add_config jemalloc-19 "$library" \
            MALLOC_CONF=prof:true,lg_prof_sample:19 "$half" jemalloc
    ! wanted_config jemalloc-0 ||
        add_config jemalloc-0 "$library" \
            MALLOC_CONF=prof:true,lg_prof_sample:0 1 jemalloc "" \
            "$in_valgrind $micros $fixed_work"
}

# Of libtcmalloc's files only the one without a suffix has profiles.
add_tcmalloc() {
    wanted_config tcmalloc tcmalloc-heap || return 0
    library=$(library_path libtcmalloc.so.4)
    [ "$library" ] || {
        skip_config tcmalloc "libtcmalloc.so.4 is not installed"
        return
    }
    add_config tcmalloc "$library" "" "$few"
    ! wanted_config tcmalloc-heap ||
        add_config tcmalloc-heap "$library" "HEAPPROFILE=$tmp/heap" 1 \
            tcmalloc "" "$in_valgrind $micros $fixed_work"
}

add_memusage() {
    wanted_config memusage || return 0
    library=$(library_path libmemusage.so)
    for file in "$library" /usr/lib*/libmemusage.so \
        /usr/lib/*-linux-gnu/libmemusage.so; do
        [ -r "$file" ] || continue
        add_config memusage "$file" "" "$few" "" "" "$in_valgrind"
        return
    done
    skip_config memusage "libmemusage.so is not installed"
}

# In valgrind everything takes long; only strings and sqlite are left.
add_dhat() {
    wanted_config dhat || return 0
    command -v valgrind >/dev/null || {
        skip_config dhat "valgrind is not installed"
        return
    }
    add_config dhat "" "" 1 "" \
        "valgrind --tool=dhat --dhat-out-file=/dev/null" \
        "$in_valgrind $micros $fixed_work $(echo $large)"
}

add_configs() {
    half=$(((rounds + 1) / 2))
    few=$(((rounds + 3) / 4))
    add_config plain "" ""
    add_padded
    add_own default
    add_own stacks1 stacks=1
    add_own stacks32 stacks=32
    add_own sample512k stacks=32,sample=512K
    add_heaptrack
    add_jemalloc
    add_tcmalloc
    add_memusage
    add_dhat
    for also in ${MTR_BENCH_ALSO-}; do
        add_also "$also"
    done
}
