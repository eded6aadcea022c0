#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython, with its own allocator and with malloc, over each of the others: of
# 475 blocks that ctypes loses all are found, and nothing else is lost.
#
# All but a few, for where CPython keeps memory that it has not cleared the
# address of a block, or of what was there before, may be left: in its data
# stack beyond the top, in lists that it keeps for the next one (list_dealloc
# leaves ob_item), behind a list's last item, in a buffer that is read into, in
# the bits of a string's state that are not used. Blocks of 200,000 bytes have
# an address of their own; of small ones, which take over memory that objects
# had, one in seven is held by such a word, or by another that is; over mimalloc
# one in four. A python3 at a fixed address has its heap, of brk, below 4 GiB,
# where hashes and counters look like addresses.
. "$MTR_SRC/tests/leaks/programs-lib.sh"
takes_long
need python3

# a wrapper in the PATH may stand for it
python=$(python3 -c 'import sys, ctypes; print(sys.executable)') ||
    skip "python3 has no ctypes"

cat >lose.py <<'END'
import ctypes, json, os, sys
size, seeded = int(sys.argv[1]), sys.argv[2]
malloc = ctypes.CDLL(None).malloc
malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
keep = {i: [str(i), (i, i * 1.5), {"a": i}] for i in range(20000)}
text = json.dumps([str(i) for i in range(2000)])
file = os.open(seeded, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
for i in range(475):
    os.write(file, b"%#x\n" % malloc(size + i % 300))
os.read(0, 1)
END

try() { # SIZE LEAST
    rm -f seeded
    launch "$python" -B lose.py "$1" seeded
    waits || fail "python3: $(cat errors)"
    ask leaks --blocks --format=csv "$pid"
    end
    sed 1d answer | cut -d, -f1 | sort >got
    sort seeded >want
    found=$(comm -12 got want | wc -l)
    others=$(comm -23 got want | wc -l)
    what="python3, PYTHONMALLOC=$PYTHONMALLOC${MTR_AFTER:+, $MTR_AFTER}, $1"
    echo "$what: $found of $(wc -l <want), and $others others"
    [ "$(wc -l <want)" -eq 475 ] || fail "$what: too few were seeded"
    [ "$others" -eq 0 ] || {
        comm -23 got want | head -n 5 | while read -r at; do
            grep "^$at," answer
        done
        fail "$what: others are said to be lost"
    }
    [ "$found" -ge "$2" ] || fail "$what: $found only"
}

# of an ELF header: 2 is ET_EXEC
fixed=$(od -An -tu1 -j16 -N1 "$python" | tr -d ' ')
export PYTHONMALLOC
# also after CPython has freed a larger block: large ones stay out of the heap
MALLOC_MMAP_THRESHOLD_=131072
export MALLOC_MMAP_THRESHOLD_
for allocator in '' libjemalloc.so.2 'libmimalloc.so.[23]' libtcmalloc.so.4; do
    MTR_AFTER=${allocator:+$(find_library "$allocator")}
    if [ "$allocator" ] && [ -z "$MTR_AFTER" ]; then
        echo "skipped: $allocator is not installed"
        continue
    fi
    below=
    case $fixed,$allocator in
    2, | 2,libtcmalloc*) below=1 ;;
    esac
    for PYTHONMALLOC in malloc pymalloc; do
        if [ "$below" ] && [ "$allocator" ]; then
            echo "skipped: $allocator: all of its heap is below 4 GiB"
            continue
        fi
        try 200000 470
        if [ "$below" ]; then
            echo "skipped: small blocks: they are below 4 GiB"
        else
            try 20 300
        fi
    done
done
