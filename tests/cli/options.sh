#!/bin/sh
# SPDX-License-Identifier: MIT
# --help and --version everywhere, and every option of every command in the
# manual page and in the completion.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/cli/lib.sh"

man=$MTR_SRC/man/malloc_tracer.1
completion=$MTR_SRC/completion/malloc_tracer.bash

ask --version
grep -qx "malloc_tracer $MTR_VERSION" answer || fail "$(cat answer)"
cp answer version
ask --help
commands=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' answer)
[ "$(echo "$commands" | wc -w)" -ge 6 ] || fail "commands: $commands"
ask -h

for cmd in $commands; do
    ask "$cmd" --version
    same "$cmd --version" version answer
    ask "$cmd" -h
    mv answer short
    ask "$cmd" --help
    same "$cmd -h" answer short
    head -n 1 answer | grep -q "^Usage: malloc_tracer $cmd " ||
        fail "$cmd --help: $(head -n 1 answer)"
    grep -q "^\.SS \\\\*f*B*$cmd" "$man" || fail "$cmd is not in the manual"
    # "  -h, --help", "  --by=KEY", "  -o LIST", "  -s[N]"
    sed -n 's/^  -/-/p' answer | tr -s ', ' '\n\n' | sed -n 's/[=[].*//;/^-/p' \
        >options
    sed 's/-/\\-/g' options >in_roff
    while read -r option; do
        grep -qF -- "$option" "$man" || fail "$cmd: $option is not in the manual"
    done <in_roff
    command -v bash >/dev/null 2>&1 || continue
    # what the completion offers is what the command takes
    bash --noprofile --norc -c '
        . "$1"
        COMP_WORDS=(malloc_tracer "$2" -) COMP_CWORD=2
        _malloc_tracer
        printf "%s\n" "${COMPREPLY[@]}"' - "$completion" "$cmd" 2>/dev/null |
        sed 's/=$//' | sort >offered
    # -h has a long form, which is enough
    grep -v '^-h$' options | sort >wanted
    same "$cmd: options in the completion" wanted offered
done

# Exit statuses and variables
for word in MALLOC_TRACER_LIBRARY MALLOC_TRACER_OPTIONS LD_PRELOAD NO_COLOR \
    DEBUGINFOD_URLS 126 127; do
    grep -q "$word" "$man" || fail "$word is not in the manual"
done
if command -v mandoc >/dev/null 2>&1; then
    mandoc -Tlint -W warning "$man" >lint ||
        { cat lint && fail "mandoc finds fault with the manual"; }
fi
exit 0
