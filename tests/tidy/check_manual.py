#!/usr/bin/env python3
"""rempart.conf(5) names every key of the schema and no other.

usage: check_manual.py REMPART MANUAL
"""
import re
import subprocess
import sys

import tree

SECTION = re.compile(r"^\.S[sh] (.*)$")
ITEM = re.compile(r"^\.It Ic (.*)$")


def schema_keys(rempart):
    run = subprocess.run([rempart, "check", "--keys"], text=True, check=True,
                         stdout=subprocess.PIPE)
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    return {row[0].replace("[]", "") for row in rows
            if len(row) > 1 and row[1] != "group"}


def manual_keys(path):
    """Every `.It Ic key` below the subsection that is its group."""
    keys, group = set(), ""
    for line in path.read_text().splitlines():
        section = SECTION.match(line)
        if section:
            name = section[1]
            group = "" if name == "General" else name + "."
        item = ITEM.match(line)
        if item:
            names = re.split(r" Pq ", item[1])[0]
            keys |= {group + name for name in names.split(" , ")}
    return keys


def breaches(rempart, manual):
    have, told = schema_keys(rempart), manual_keys(tree.pathlib.Path(manual))
    if not have:
        yield "no key in the schema"
    # A key inside of a group that is an item of its own is told there.
    for key in sorted(have - told):
        if key.rsplit(".", 1)[0] not in told:
            yield f"{manual}: says nothing of {key}"
    for key in sorted(told - have):
        if not any(other.startswith(key + ".") for other in have):
            yield f"{manual}: tells of {key}, which is no key"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tree.end(breaches(*sys.argv[1:]), "the manual is the schema's")
