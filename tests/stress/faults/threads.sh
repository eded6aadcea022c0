# SPDX-License-Identifier: MIT
# 25,000 threads at once (STRESS_THREADS).

load() {
    under "$STRESS_BIN/many_threads" "${STRESS_THREADS:-25000}"
}
