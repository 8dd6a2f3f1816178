#!/usr/bin/env python3
"""No function of ours has the name of one in a library that we link with.

The linker would take ours for theirs without a word.

usage: check_symbols.py LIBRARY.so... -- OURS.a...
"""
import subprocess
import sys

import tree


def symbols(path, *options):
    run = subprocess.run(["nm", "--defined-only", *options, path], text=True,
                         check=True, stdout=subprocess.PIPE)
    for line in run.stdout.splitlines():
        words = line.split()
        if len(words) == 3:
            yield words[2].split("@")[0]


def breaches(theirs, ours):
    where = {name: path for path in theirs for name in symbols(path, "-D")}
    if not where:
        yield "no symbol in the libraries: is nm there?"
    for path in ours:
        for name in symbols(path, "-g"):
            if name in where and not name.startswith("__"):
                yield f"{path}: {name}() is also in {where[name]}"


if __name__ == "__main__":
    if "--" not in sys.argv:
        sys.exit(__doc__)
    cut = sys.argv.index("--")
    tree.end(breaches(sys.argv[1:cut], sys.argv[cut + 1:]),
             "no symbol is taken")
