# SPDX-License-Identifier: MIT
# CPython with malloc in place of its own allocator.

. "$MTR_SRC/tests/real/real.sh"
need python3

# a wrapper in the PATH may stand for it
python=$(python3 -c 'import sys; print(sys.executable)') ||
    skip "python3 does not run"
real cpython env PYTHONMALLOC=malloc PYTHONHASHSEED=0 "$python" -B \
    "$MTR_SRC/tests/real/load.py"
