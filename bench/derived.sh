# SPDX-License-Identifier: MIT
# What follows from the figures of the loads. Read by run.

# What follows from the figures: is the cost the same with two threads, does
# the counters build bear them, and what memory do the stacks take?
derived() {
    awk -F '\t' '
    function row(label, config, ratio, peak, value, budget) {
        printf "%-16s %-16s %7s  %6s  %12s  %7s  %6.2f  %s\n", label, \
            config, "", ratio, "", peak, budget, \
            value <= budget ? "ok" : "OVER"
    }
    function cpu_row(label, config, value, budget) {
        row(label, config, sprintf("%.3f", value), "", value, budget)
    }
    {
        cpu[$1, $2] = $3
        ratio[$1, $2] = $4
        peak[$1, $2] = $5
        if (!($1 in seen))
            loads[++count] = $1
        seen[$1]
    }
    function two_to_one(load, config, two) {
        two = load ", 2 threads"
        if ((load, config) in ratio && (two, config) in ratio)
            cpu_row(load ", 2 to 1", config, \
                ratio[two, config] / ratio[load, config], 1.1)
    }
    function stacks_to_one(load, config, many, one) {
        many = load ", 16"
        one = load ", 1"
        if ((many, config) in cpu && (one, config) in cpu)
            cpu_row(load ", 16 to 1", config, \
                ratio[many, config] / ratio[one, config], 2)
    }
    function compare(load, two) {
        two_to_one(load, "default")
        two_to_one(load, "stacks32")
        two = load ", 2 threads"
        if ((two, "counters") in cpu && (two, "default") in cpu)
            cpu_row(two, "counters/default", \
                cpu[two, "counters"] / cpu[two, "default"], 1.5)
    }
    # whole stacks of a sample, against a record for every block
    function sample(load, value) {
        if (!((load, "sample512k") in ratio && (load, "stacks1") in ratio))
            return
        value = ratio[load, "sample512k"] - ratio[load, "stacks1"]
        row(load, "sample - stacks1", sprintf("%+.3f", value), "", value, 0.02)
    }
    function memory(load, value) {
        if (!((load, "default") in peak && (load, "stacks32") in peak))
            return
        value = peak[load, "stacks32"] / peak[load, "default"]
        row(load, "stacks32/default", "", sprintf("%.3f", value), value, 1.12)
    }
    END {
        compare("pair")
        compare("churn")
        memory("cc1plus")
        for (i = 1; i <= count; i++)
            sample(loads[i])
        n = split("fibers boost ruby php greenlets", coroutines, " ")
        for (i = 1; i <= n; i++) {
            stacks_to_one(coroutines[i], "default")
            stacks_to_one(coroutines[i], "stacks32")
        }
    }' "$figures" | show
    [ -s "$figures" ] || return 0
    echo
    echo "ratio: of the medians, to plain or what the row names; quartiles: of" \
        "the ratios of each round; memory: peak resident, likewise"
}
