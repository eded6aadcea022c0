# SPDX-License-Identifier: MIT
# For seeded*.sh: of what leaky seeds just that is found which is lost, and is
# called definite or indirect as it is; nothing else of the whole process. From
# the live process, a gcore core and a kernel core, with call stacks and without,
# over whatever allocator MTR_AFTER names.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim leaky)
library=$MTR_BUILD/tests/victims/.libs/leaky_lib.so

# The line of @KIND in the last answer, which has a note like that.
noted() { # KIND PATTERN
    address=$(awk -v kind="$1" '$2 == kind { print $3 }' seeded)
    grep "^$address,.*$2" answer >/dev/null || {
        grep "^$address," answer
        fail "$target: $1: no note like '$2'"
    }
}

check() { # TARGET
    target=$1
    ask leaks --blocks --format=csv "$1"
    awk '$1 != "held" { print $1, $3, $4 }' seeded | sort >want
    sed 1d answer | awk -F, '{ print $3, $1, $2 }' | sort >got
    cmp -s want got || {
        # by their kinds
        diff want got | grep '^[<>]' | while read -r where state address rest; do
            echo "$where $state $address $rest: $(grep " $address " seeded)"
        done
        fail "$1: not what was seeded ($run_options)"
    }
    # of other allocators nobody knows where else they leave one
    [ "${MTR_AFTER-}" ] || {
        noted packed 'packed pointer to it at 0x.*, in packed+0x1 .leaky.'
        noted tagged 'tag in its upper 16 bits, at 0x.*, in tagged .leaky.'
        noted behind_tail 'stale pointer'
        noted below 'stale pointer .* the unused part of the stack of thread'
        [ "$(uname -m)" != x86_64 ] || noted ended_thread \
            'stale pointer .* stack of a thread that has ended'
    }
    echo "$1: $(grep -c definite want) definite, $(grep -c indirect want)" \
        "indirect, $(grep -c held seeded) held"
}

cores=0
for run_options in '' -s32; do
    start "$library"
    check "$pid"
    # it goes on, unhurt
    check "$pid"
    if have_gcore; then
        check "$core"
        cores=1
    fi
    if have_kernel_core; then
        check "$core"
        cores=1
    fi
    stop
done
[ "$cores" = 1 ] || skip "neither gcore nor the kernel gives a core here"
