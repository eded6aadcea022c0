#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs into which nothing can be preloaded: `run` says so before it runs
# them, and `report` of one says why there is no record.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

cat >prog.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char *preload = getenv("LD_PRELOAD");

	printf("%s\n", preload ? preload : "nothing");
	fflush(stdout);
	while (strcmp(argv[argc - 1], "wait") == 0)
		pause();
	return 3;
}
END

# It runs as ever, after one sentence or none.
says() { # SENTENCE PRELOADED PROGRAM...
    sentence=$1 preloaded=$2
    shift 2
    "$command" run "$@" >answer 2>said
    got=$?
    [ $got -eq 3 ] || fail "run $*: exit $got: $(cat said)"
    [ "$(cat answer)" = "$preloaded" ] ||
        fail "run $*: LD_PRELOAD is $(cat answer), not $preloaded"
    if [ "$sentence" ]; then
        [ "$(cat said)" = "malloc_tracer: $1: warning: $sentence, so no library \
can be preloaded: it will not be traced" ] || fail "run $*: $(cat said)"
    else
        [ ! -s said ] || fail "run $*: says $(cat said)"
    fi
}

make_prog() { # NAME FLAG...
    name=$1
    shift
    # shellcheck disable=SC2086 # CC is a list
    $MTR_CC "$@" -o "$name" prog.c >cc.log 2>&1
}

# $waits is one that runs until it is killed.
begin() { # PROGRAM
    rm -f told
    "$1" wait >told &
    waits=$!
    mtr_pids="${mtr_pids-} $waits"
    eventually [ -s told ] || fail "$1 does not start"
}

ours=$MTR_LIB
make_prog dynamic || fail "no program: $(cat cc.log)"
says '' "$ours" ./dynamic
printf '#!%s\n' "$mtr_tmp/dynamic" >script
chmod +x script
says '' "$ours" ./script
loader=$(awk '$6 ~ /ld-linux/ { print $6; exit }' /proc/self/maps)
[ ! "$loader" ] || says '' "$ours" "$loader" ./dynamic

for flag in -static -static-pie; do
    if make_prog static $flag; then
        says "it is statically linked" "$ours" ./static
        printf '#! %s -x\n' "$mtr_tmp/static" >script
        printf '#!%s\n' "$mtr_tmp/script" >script2
        chmod +x script2
        says "its interpreter $mtr_tmp/static: it is statically linked" \
            "$ours" ./script2

        begin ./static
        refuses 1 "$waits: no malloc_tracer record: it is statically linked" \
            report $waits
        if command -v gcore >/dev/null 2>&1 &&
            gcore -o core $waits >/dev/null 2>&1; then
            refuses 1 "no malloc_tracer record: it is statically linked" \
                report core.$waits
        fi
        kill -KILL $waits
        echo "tried $flag"
    fi
done

if make_prog small -m32 && ./small >/dev/null 2>&1; [ $? -eq 3 ]; then
    says "it is a 32-bit program" nothing ./small
    echo "tried -m32"
fi

if command -v musl-gcc >/dev/null 2>&1 && musl-gcc -o musl prog.c; then
    says "it is linked with another C library than glibc" nothing ./musl
    begin ./musl
    refuses 1 "record: it is linked with another C library" report $waits
    kill -KILL $waits
    echo "tried musl"
fi

# The loader drops LD_PRELOAD where somebody gains by the program.
if [ "$(id -u)" -eq 0 ]; then
    for bits in 'u+s set-user-ID' 'g+s set-group-ID'; do
        cp dynamic gains
        chown 12345:12345 gains
        chmod "${bits% *}" gains
        ./gains >answer
        if LD_PRELOAD=$ours ./gains 2>&1 | grep -q nothing; then
            says "it is ${bits#* }" nothing ./gains
            echo "tried ${bits#* }"
        fi
    done
    chown "$(id -u)" gains
    chmod u+s,g-s gains
    says '' "$ours" ./gains
    rm gains
    cp dynamic gains
    if command -v setcap >/dev/null 2>&1 &&
        setcap cap_net_raw+ep gains 2>/dev/null; then
        says '' "$ours" ./gains
        echo "tried capabilities, of root"
        # somebody who gains by them, if he comes to this place
        printf '#!/bin/sh\nexec setpriv --reuid=12345 --clear-groups "%s" "$@"\n' \
            "$command" >other_user
        chmod +x other_user
        if MALLOC_TRACER_LIBRARY=$ours ./other_user run ./dynamic 2>/dev/null |
            grep -qx "$ours"; then
            of_root=$command
            command=./other_user
            says "it has file capabilities" nothing ./gains
            command=$of_root
            echo "tried capabilities"
        fi
    fi
fi
