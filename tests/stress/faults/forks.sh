# SPDX-License-Identifier: MIT
# Fork storms beside dlopen, dlclose, dl_iterate_phdr and newlocale.

load() {
    under "$STRESS_BIN/forkstorm" "$STRESS_SECONDS"
}
