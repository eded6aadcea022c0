# SPDX-License-Identifier: MIT
# A filter that kills on whatever malloc does not need, and one that refuses.

load() {
    for action in kill 38 1; do
        under "$STRESS_BIN/sealed" $action
        status=$?
        [ $status -ne 77 ] || skip "no seccomp filter here"
        traced || [ $status -eq 0 ] || return
        echo "$action: exit status $status"
    done
}
