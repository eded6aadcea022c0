# SPDX-License-Identifier: MIT
"""Greenlets that allocate in turn: greenlets.py COUNT STACKS."""
import sys

import greenlet

count, stacks = map(int, sys.argv[1:])
main = greenlet.getcurrent()


def body():
    while True:
        for i in range(8):
            [str(i) * 20 for _ in range(4)]
        main.switch()


greenlets = [greenlet.greenlet(body) for _ in range(stacks)]
for i in range(count):
    greenlets[i % stacks].switch()
