# SPDX-License-Identifier: MIT
# Stacks of real programs against other unwinders.

. "$MTR_SRC/tests/accuracy/accuracy.sh"
need_checker

if python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null); then
    accuracy cpython 307 100 env PYTHONMALLOC=malloc PYTHONHASHSEED=0 \
        "$python" -B "$MTR_SRC/tests/real/load.py"
else
    echo "skipped: python3 is not installed"
fi

cc1plus=$(g++ -print-prog-name=cc1plus 2>/dev/null)
if [ -x "$cc1plus" ] && g++ -std=c++17 -E "$MTR_SRC/tests/real/templates.cc" \
    -o "$mtr_tmp/in.ii" 2>/dev/null; then
    accuracy cc1plus 211 100 "$cc1plus" -std=c++17 -quiet -O2 -fpreprocessed \
        "$mtr_tmp/in.ii" -o /dev/null
else
    echo "skipped: g++ is not installed"
fi

if command -v perl >/dev/null; then
    accuracy_status=5
    accuracy perl 61 100 perl "$MTR_SRC/tests/real/load.pl"
else
    echo "skipped: perl is not installed"
fi

# Its own segments do not lie next to one another, and code that it makes ends
# many stacks.
accuracy_status=0
if command -v node >/dev/null; then
    accuracy_may_end=1
    accuracy node 41 100 node -e '
        const zlib = require("zlib");
        let text = "";
        for (let i = 0; i < 4000; i++)
            text += zlib.deflateSync(Buffer.from("text " + i)).length;
        console.log(text.length, Buffer.alloc(1 << 20).length);'
    awk '{ n[$1] += $2 } END { exit n["end_complete"] * 10 < n["compared"] }' \
        "$mtr_tmp/all" || fail "node: hardly any stack is complete"
else
    echo "skipped: node is not installed"
fi
