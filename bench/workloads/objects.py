# SPDX-License-Identifier: MIT
"""Small Python objects in large numbers: JSON to and fro, regular expressions.

Run with PYTHONMALLOC=malloc, or CPython's own allocator takes most of them.
"""
import collections
import json
import re

ORDERS = 16000


def order(number):
    lines = [{"article": f"A-{number * 7 % 4999:05}", "amount": i + 1,
              "price": (number * 31 + i * 17) % 9973 / 100}
             for i in range(number % 5 + 1)]
    return {"order": number, "customer": f"customer {number % 701}",
            "paid": number % 3 == 0, "lines": lines}


text = json.dumps([order(n) for n in range(ORDERS)])
orders = json.loads(text)
print(len(text), len(orders))

turnover = collections.defaultdict(float)
for o in orders:
    turnover[o["customer"]] += sum(l["amount"] * l["price"] for l in o["lines"])
print(len(turnover), round(sum(turnover.values()), 2))

sold = collections.Counter(re.findall(r"A-(\d+)", text))
print(len(sold), sold.most_common(1))

pairs = {m["key"] + m["value"]: m.start()
         for m in re.finditer(r'"(?P<key>\w+)": "?(?P<value>[\w. -]+)', text)}
print(len(pairs), len(re.sub(r"\d+", lambda m: str(int(m[0]) + 1), text)))
