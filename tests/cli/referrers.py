# SPDX-License-Identifier: MIT
"""What refers to a block, by `why --json`, in the words of a heap snapshot."""


def named(why, blocks):
    """(HOLDER, NAME) of each: the address of one of @blocks, or a place."""
    found = []
    for r in why["referrers"]:
        offset = "+?" if r["offset"] is None else "+%#x" % r["offset"]
        if r["what"].startswith("register"):
            found.append(("stack" + r["what"][len("register"):], "register"))
        elif r["addr"] in blocks:
            found.append((r["addr"], offset))
        elif r["what"].startswith(("stack", "variables", "thread-local st")):
            found.append((r["what"], r["addr"]))
        else:
            found.append((r["what"], offset))
    return found
