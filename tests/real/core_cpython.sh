# SPDX-License-Identifier: MIT
# A core of CPython, with malloc in place of its own allocator, in the middle of
# a script.

. "$MTR_SRC/tests/real/cores.sh"
takes_long

# a wrapper in the PATH may stand for it
python=$(python3 -c 'import sys; print(sys.executable)') ||
    skip "python3 does not run"
PYTHONMALLOC=malloc
export PYTHONMALLOC

cat >script.py <<'SCRIPT'
import collections
import json
import re
import sys
import xml.dom.minidom

rows = [json.loads('{"id": %d, "tags": ["t%d", "%s"]}' % (i, i, "x" * (i % 50)))
        for i in range(10000)]
count = collections.Counter(re.findall("t[0-9]+", json.dumps(rows)))
page = xml.dom.minidom.parseString("<a>%s</a>" % ("<b c='d'>e</b>" * 1000))


def deeper(n):
    return [n, deeper(n - 1)] if n else [sys.stdin.readline()]


print("half way", flush=True)
deeper(200)
SCRIPT

begin() {
    launch "$python" -B script.py
    await "half way"
}

check_cores cpython "$python"
check_direct cpython "$python"
