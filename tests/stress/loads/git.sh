# SPDX-License-Identifier: MIT
# git: init, commit, branch, merge, repack with threads, clone, fsck.

load() {
    need git
    export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b \
        GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b \
        GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' \
        GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_PAGER=cat
    g() { under git -C repo "$@"; }
    under git -c init.defaultBranch=main init -q repo || return
    i=0
    while [ $i -lt 12 ]; do
        seq $i $((i * 400 + 500)) >repo/f$i
        seq $i 3 3000 >repo/common
        g add . && g commit -q -m "commit $i" || return
        i=$((i + 1))
    done
    g checkout -q -b side HEAD~3 && echo side >repo/side && g add side &&
        g commit -q -m side && g checkout -q main && g merge -q --no-edit side
    g log --oneline --stat | tail -n 30
    g repack -q -a -d --threads=4
    g fsck --strict 2>/dev/null
    under git clone -q --no-local repo copy && git -C copy rev-parse HEAD
    g blame common | tail -n 3
    g diff HEAD~8 --stat | tail -n 2
    g grep -c 77 | head -n 5
    g gc -q && g count-objects
}
