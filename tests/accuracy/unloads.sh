# SPDX-License-Identifier: MIT
# Plugins that come and go, in the same places: what was known of one must not
# be used for the next. Their constructors and destructors allocate.

. "$MTR_SRC/tests/accuracy/accuracy.sh"

# in the order in which they are loaded; the first one has no .eh_frame
plugins=
for kind in bare small large; do
    plugins="$plugins $MTR_BUILD/tests/victims/.libs/stack_plugin_$kind.so"
done

# shellcheck disable=SC2086
both stack_unloads 60 $plugins

need_checker
accuracy_may_end=1
# libunwind keeps rules of objects that are gone
accuracy_stale=1
# shellcheck disable=SC2086
accuracy unloads 5 1000 "$(victim stack_unloads)" 60 $plugins
