#!/bin/sh
# SPDX-License-Identifier: MIT
# Blocks of plugins that are gone, with something else in their place: their
# sizes stand, and so do their names, where the file is there.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim unloaded)
cp "$MTR_BUILD/tests/victims/.libs/plugin_c.so" plug.so

# "KEY MODULE BLOCKS BYTES" of what is not the program's, libc's or the linker's
strangers() { # TARGET [OPTION]...
    "$command" report --format=csv "$@" >answer 2>said ||
        fail "$*: $(cat said)"
    sed 1d answer | awk -F, '$2 !~ /^(unloaded|libc|ld-)/ {
        print $1, $2 ? $2 : "-", $4, $3 }'
}

named() { # TARGET [OPTION]...
    strangers "$@" >got
    echo "plugin_make plug.so ${blocks:-100} ${bytes:-123400}" >want
    same "$*" want got
}

bare() { # TARGET [OPTION]...
    strangers "$@" >got
    [ "$(sed 's/+0x[0-9a-f]* / /' got)" = "plug.so plug.so 100 123400" ] ||
        fail "$*: $(cat got)"
}

everywhere() { # COMMAND
    "$1" "$pid"
    "$1" snapshot
    [ -z "$core" ] || "$1" "$core"
}

for run_options in "" -s8; do
    start snapshot "$PWD/plug.so"
    core=
    have_gcore || echo "no core of gcore here"
    everywhere named

    ask info "$pid"
    ! grep -q '^damaged' answer || fail "said to be damaged"
    "$command" report --format=json "$pid" >answer || fail "no JSON"
    grep -q '"damaged":0,"no_code":100,' answer || fail "not counted"

    # without the file, and with another one in its place
    mv plug.so gone.so
    everywhere bare
    cp "$MTR_BUILD/tests/victims/.libs/stack_plugin_small.so" plug.so
    everywhere bare
    mv gone.so plug.so
    stop
done
run_options=

# A relative path counts from where the program is.
start - ./plug.so
named "$pid"
stop

# Opened and closed again and again it is one.
start - "$PWD/plug.so" "$PWD/plug.so" "$PWD/plug.so"
blocks=300 bytes=370200 named "$pid"
stop

# The same by another name is the same.
cp plug.so copy.so
start - "$PWD/plug.so" "$PWD/copy.so"
strangers "$pid" | sed 's/copy/plug/' >got
echo "plugin_make plug.so 200 246800" >want
same "two copies" want got
stop

# Another plugin in the same place: which it was the calls in both tell, and
# where they cannot be looked at there is no name.
cp "$MTR_BUILD/tests/victims/.libs/plugin_other.so" other.so
start - "$PWD/plug.so" "$PWD/other.so"
strangers "$pid" | sort >got
printf 'plugin_make %s.so 100 123400\n' other plug >want
same "two in one place" want got
mv other.so gone.so
strangers "$pid" | sort >got
[ "$(awk '{ n += $3 } END { print n }' got)" = 200 ] || fail "$(cat got)"
grep -q '^0x[0-9a-f]* - 100 123400$' got || fail "a name: $(cat got)"
grep -q 'where .* is, or was, another object was loaded' said ||
    fail "no word of it: $(cat said)"
stop
