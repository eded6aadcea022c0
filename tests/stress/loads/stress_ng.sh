# SPDX-License-Identifier: MIT
# stress-ng checks malloc, forks and threads for itself.

load() {
    need stress-ng
    under stress-ng --temp-path . --quiet --malloc 2 --malloc-ops 100000 \
        --malloc-bytes 64M --malloc-pthreads 2 --verify --timeout 120 \
        >ng.log 2>&1
    echo "malloc $?"
    under stress-ng --temp-path . --quiet --pthread 1 --pthread-ops 2000 \
        --fork 1 --fork-ops 500 --clone 1 --clone-ops 300 --timeout 120 \
        >>ng.log 2>&1
    echo "threads $?"
    under stress-ng --temp-path . --quiet --stackmmap 1 --stackmmap-ops 20 \
        --tree 1 --tree-ops 3 --verify --timeout 120 >>ng.log 2>&1
    echo "trees $?"
    cat ng.log >&2
}
