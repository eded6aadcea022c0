# SPDX-License-Identifier: MIT
# Threads, signal handlers and whole programs on small stacks: what works
# without the library works with it.

program() { # KILOBYTES COMMAND...
    kilobytes=$1
    shift
    (
        ulimit -s "$kilobytes" || exit 99
        under "$@" >program.out 2>&1
    )
    echo "stack $kilobytes $1 $?"
}

load() {
    under "$STRESS_BIN/small_stacks"
    for kilobytes in 64 96 128 192 256 512 1024; do
        program $kilobytes ls -l /
        program $kilobytes sed --version
        ! command -v perl >/dev/null ||
            program $kilobytes perl -e 'print join ",", sort 1 .. 999'
        ! command -v sqlite3 >/dev/null ||
            program $kilobytes sqlite3 :memory: 'select json_array(1, 2)'
    done
}

# The last word is the exit status.
judge() { # PLAIN-OUT TRACED-OUT TRACED-ERR
    paste -d ' ' "$1" "$2" | awk 'NF % 2 == 0 {
        if ($(NF / 2) == 0 && $NF != 0) {
            printf "%s", $(NF / 2 + 1)
            for (i = NF / 2 + 2; i <= NF; i++) printf " %s", $i
            print ""
            exit
        }
    }'
}
