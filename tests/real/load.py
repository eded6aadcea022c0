# SPDX-License-Identifier: MIT
"""Objects, JSON, regular expressions, exceptions: all deterministic."""
import collections
import hashlib
import json
import re
import threading


def item(i):
    return {"id": i, "name": "item %d" % (i * 7919 % 10007),
            "tags": ["t%d" % (i % k) for k in range(1, 9)],
            "nested": {"half": i / 2, "text": "x" * (i % 300)}}


items = [item(i) for i in range(6000)]
text = json.dumps(items, sort_keys=True)
again = json.loads(text)
assert again == items
print(hashlib.sha256(text.encode()).hexdigest())

words = collections.Counter(re.findall(r'"name": "(item \d+)"', text))
print(len(words), words.most_common(1)[0][1])
print(len(re.sub(r"x{3,}", lambda m: str(len(m.group())), text)))

caught = 0
for i in range(20000):
    try:
        int("x%d" % i)
    except ValueError as error:
        caught += len(str(error))
print(caught)

sums = [0] * 4


def work(n):
    rows = {}
    for i in range(20000):
        rows[i * 31 % 5003] = (i, str(i), [i] * (i % 17))
    sums[n] = sum(len(row[2]) for row in rows.values())


threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sums)
big = [bytearray(1 << 20) for _ in range(40)]
print(sum(len(b) for b in big))
