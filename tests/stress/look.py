# SPDX-License-Identifier: MIT
# Is `malloc_tracer report PID --json` (on standard input) sane? The argument is
# the least number of blocks; a second one, the most conflicts. The last line of
# the output says what is wrong.

import json
import sys


def complain(what):
    print(what)
    sys.exit(1)


answer = json.load(sys.stdin)
totals = answer["totals"]
if totals["blocks"] < int(sys.argv[1]):
    complain(f"{totals['blocks']} blocks")
if not totals["bytes"] <= totals["usable"]:
    complain(f"{totals['bytes']} bytes in {totals['usable']} usable ones")
if answer["damaged"]:
    complain(f"{answer['damaged']} damaged: {answer['warnings'][:1]}")
if len(sys.argv) > 2 and answer["conflicts"] > int(sys.argv[2]):
    complain(f"{answer['conflicts']} conflicts")
counted = sum(group["blocks"] for group in answer["groups"])
if counted > totals["blocks"]:
    complain(f"groups have {counted} blocks, all {totals['blocks']}")
