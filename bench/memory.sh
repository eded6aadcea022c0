# SPDX-License-Identifier: MIT
# What the heap itself costs in memory. Read by run.

memory_of() { # MODE CONFIG
    IFS='|' read -r name preload variables rest <<END
$(grep "^$2|" "$configs")
END
    LD_PRELOAD=$preload "$programs/memory" "$1" || die "memory $1: $2: failed"
}

memory_heap() {
    plain=$(memory_of heap plain) && own=$(memory_of heap default) || exit 1
    # shellcheck disable=SC2086
    awk -v plain="$plain" -v own="$own" '
    function row(what, value, unit, budget) {
        value = sprintf("%.2f", value) + 0
        printf "%-40s %7.2f %-5s  %6.2f  %s\n", what, value, unit, budget, \
            value <= budget ? "ok" : "OVER"
    }
    BEGIN {
        split(plain, p)
        split(own, o)
        row("a block, 16 to 515 bytes", (o[2] - p[2]) / p[1], "bytes", 16)
        beyond = (o[3] - o[2]) - (p[3] - p[2])
        row("the ledger, of the heap it speaks for", 100 * beyond / o[2], \
            "%", 6.25)
    }'
}

memory_calloc() {
    plain=$(memory_of calloc plain) && own=$(memory_of calloc default) ||
        exit 1
    awk -v plain="$plain" -v own="$own" '
    BEGIN {
        split(plain, p)
        split(own, o)
        split("calloc(200 MB), resident;a second one", what, ";")
        for (i = 1; i <= 2; i++)
            printf "%-40s %7.2f %-5s  %6.2f  %s (plain %.0f)\n", what[i], \
                o[i] / 1024, "KiB", 16, o[i] <= 16384 ? "ok" : "OVER", \
                p[i] / 1024
    }'
}

memory() {
    wanted memory || return 0
    has_config default || return 0
    printf '\n%-40s %13s  %6s\n' MEMORY "default" budget
    memory_heap >"$tmp/out" || exit 1
    show <"$tmp/out"
    memory_calloc >"$tmp/out" || exit 1
    show <"$tmp/out"
}
