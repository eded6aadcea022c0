# SPDX-License-Identifier: MIT
# Plugins with an operator new and delete of their own, in a program in C,
# where they bring the C++ runtime, and in one in C++, whose runtime comes first.

. "$MTR_SRC/tests/behave/new_forms.sh"
need_cxx

object() { # NAME SOURCE FLAG...
    object=$mtr_tmp/$1.o
    source=$victims/$2
    shift 2
    cxx -std=c++17 -fPIC "$@" -c "$source" -o "$object"
}

plugin() { # NAME OBJECTS-AND-FLAGS...
    name=$1
    shift
    cxx -shared "$mtr_tmp/$main.o" "$@" -o "$mtr_tmp/$name.so"
}

object plugin new_plugin.cc
# -O2 leaves no template of the runtime's in there, whose use by the runtime
# would keep the plugin loaded for ever.
object leaves new_plugin.cc -O2
main=plugin
object pair replaces.cc -DFORMS=0x101 -DSHIFT
object all replaces.cc -DSHIFT
object pool replaces.cc -DPOOL
# shellcheck disable=SC2086 # MTR_CC may carry flags
$MTR_CC -w -O1 "$victims/new_host.c" -o "$mtr_tmp/c" -ldl ||
    fail "$MTR_CC: new_host.c does not build"
# shellcheck disable=SC2086
$MTR_CC -w -O1 "$victims/new_host.c" -o "$mtr_tmp/cxx" -ldl \
    -Wl,--no-as-needed -lstdc++ || fail "$MTR_CC: no C++ runtime"

# Where the runtime comes first a plugin is bound to it in part alone, and may
# die of that without the tracer.
hosts() { # HOW PLUGIN...
    for host in c cxx; do
        (plain "$mtr_tmp/$host" "$@") >/dev/null 2>&1 || {
            [ $host = cxx ] || fail "$*: dies without the tracer"
            continue
        }
        compare_modes "$* in $host" "$mtr_tmp/$host" "$@"
    done
}

for own in none pair all pool; do
    objects=
    [ $own = none ] || objects=$mtr_tmp/$own.o
    for flags in "" -Wl,-Bsymbolic-functions -Wl,-Bsymbolic -static-libstdc++; do
        # shellcheck disable=SC2086 # lists
        plugin plugin $objects $flags
        hosts local "$mtr_tmp/plugin.so"
        hosts global "$mtr_tmp/plugin.so"
        hosts close "$mtr_tmp/plugin.so" "$mtr_tmp/plugin.so"
        main=leaves
        # shellcheck disable=SC2086
        plugin plugin $objects $flags
        main=plugin
        hosts close "$mtr_tmp/plugin.so" "$mtr_tmp/plugin.so"
    done
    echo "ok: plugins that replace $own"
done

# Which replacement is called where several plugins bring C++ is not always
# known; but what lives without the tracer lives with it.
plugin none
plugin static -static-libstdc++
for own in pair all; do
    for flags in "" -Wl,-Bsymbolic-functions -static-libstdc++; do
        # shellcheck disable=SC2086 # lists
        plugin own "$mtr_tmp/$own.o" $flags
        for order in "none own" "own none" "static own" "own static"; do
            set -- "$mtr_tmp/${order% *}.so" "$mtr_tmp/${order#* }.so"
            (plain "$mtr_tmp/c" "$@") >/dev/null 2>&1 || continue
            under "$mtr_tmp/c" "$@" >"$mtr_tmp/out" ||
                fail "$order, $own $flags: exit status $?"
        done
    done
done
echo "ok: several plugins"

# Too late for the plugin's replacements to be called, but its blocks get back.
object direct new_plugin.cc -DDIRECT
cxx -shared "$mtr_tmp/direct.o" "$mtr_tmp/all.o" -o "$mtr_tmp/direct.so"
hosts "$mtr_tmp/direct.so"
hosts "$mtr_tmp/none.so" "$mtr_tmp/direct.so"
echo "ok: blocks of a later plugin"

# So are those that it has of its own, and nothing is recorded in them.
object reserve new_plugin.cc -DRESERVE
object reserves replaces.cc -DRESERVE
cxx -shared "$mtr_tmp/reserve.o" "$mtr_tmp/reserves.o" -o "$mtr_tmp/reserve.so"
hosts "$mtr_tmp/reserve.so"
hosts "$mtr_tmp/none.so" "$mtr_tmp/reserve.so"
echo "ok: the reserve of a later plugin"
