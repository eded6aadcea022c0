# SPDX-License-Identifier: MIT
# For known*.sh: the command's numbers of a known set of blocks are the truth,
# from the live process, a gcore core and a kernel core, whatever allocator
# MTR_AFTER names.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

# "FUNCTION BLOCKS BYTES USABLE" of what `truth` has.
truth_groups() {
    awk '{ n[$1]++; b[$1] += $3; u[$1] += $4 }
        END { for (f in n) print f, n[f], b[f], u[f] }' truth | sort
}

check_groups() { # TARGET
    ask report --format=csv --module=known "$1"
    sed 1d answer | awk -F, '{ print $1, $4, $3, $5 }' | sort >got
    truth_groups >want
    same "$1: groups" want got
}

check_blocks() { # TARGET
    ask list --format=csv --module=known "$1"
    sed 1d answer | awk -F, '{ print $5, $1, $2, $3 }' | sort >got
    sort truth >want
    same "$1: blocks" want got
}

# chap's list, to the byte, of what `answer` has as CSV.
check_chap() { # TARGET
    sed '1d;s/^0x//' answer | awk -F, '{
            printf "Used allocation at %s of size %x\n\n", $1, $3
            n++; u += $3
        } END {
            printf "%d allocations use 0x%x (", n, u
            for (left = length(u ""); left > 0; left--)
                printf("%s%s", substr(u "", length(u "") - left + 1, 1),
                    (left % 3 == 1 && left > 1) ? "," : "")
            print ") bytes."
        }' >want.chap
    ask list --format=chap "$1"
    same "$1: chap's list" want.chap answer
}

# By whatever key the whole is the same.
check_totals() { # TARGET
    ask list --format=csv "$1"
    sed 1d answer | awk -F, '{ n++; b += $2; u += $3 }
        END { printf "%d %d %d\n", n, b, u }' >want
    check_chap "$1"
    for key in function module caller line stack size generation type; do
        ask report --format=csv --by=$key "$1"
        # the key in front may be quoted, and have commas
        sed -n '1d;s/^\("[^"]*"\|[^,"]*\),[^,]*,//p' answer |
            awk -F, '{ b += $1; n += $2; u += $3 }
                END { printf "%d %d %d\n", n, b, u }' >got
        same "$1: totals by $key" want got
    done
}

# The variables of a build with counters say the same.
check_counters() { # CORE
    [ "${MTR_COUNTERS-}" ] || return 0
    command -v gdb >/dev/null 2>&1 || return 0
    gdb -nx -batch -iex 'set debuginfod enabled off' "$(victim known)" "$1" \
        -ex 'print TOTAL_ALLOCS' -ex 'print TOTAL_ALLOCATED_BYTES' \
        >gdb.log 2>&1
    sed -n 's/^\$[12] = //p' gdb.log | tr '\n' ' ' >got
    awk '{ printf "%s %s ", $1, $2 }' want >want.counters
    same "$1: counters" want.counters got
    echo "$1: the counters agree"
}

check() { # TARGET
    check_groups "$1"
    check_blocks "$1"
    check_totals "$1"
    check_counters "$1"
    echo "$1: $(wc -l <truth) blocks, $(cat want) in all"
}

known() { # OPTIONS
    run_options="-o $1"
    start
    ask report --format=csv --module=known "$pid"
    check_groups "$pid"
    check_blocks "$pid"
    check_totals "$pid"
    cores=0
    if have_gcore; then
        check "$core"
        cores=1
    fi
    if have_kernel_core; then
        check "$core"
        cores=1
    fi
    stop
    rm -f core* gcore*
    [ "$cores" = 1 ] || skip "neither gcore nor the kernel gives a core here"
}

# Short records and long ones.
for options in ${known_options-stacks=1 stacks=0}; do
    known "$options"
done
