#!/usr/bin/env python3
"""Functions, files and folders stay small enough to be read.

Function: 60 lines, or 120 where nearly all of it is one switch or one table;
5 parameters. File: 500 lines. Folder of src: 12 modules, refused above 16.

usage: check_shape.py ROOT
"""
import json
import re
import subprocess

import tree

FUNCTION_LINES = 60
TABLE_LINES = 120
AROUND_TABLE_LINES = 20  # what may stand beside that one switch or table
PARAMETERS = 5
FILE_LINES = 500
MODULES, MODULES_MAX = 12, 16
BLOCK = re.compile(r"^\s*switch \(|=\s*\{\s*$")


def functions(paths):
    """(path, name, first line, last line, signature) of every function."""
    run = subprocess.run(
        ["ctags", "--languages=C", "--kinds-C=f", "--fields=+neS",
         "--output-format=json", "-L", "-", "-f", "-"],
        input="\n".join(map(str, paths)), text=True, check=True,
        stdout=subprocess.PIPE)
    for line in run.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag" and "end" in tag:
            yield (tag["path"], tag["name"], tag["line"], tag["end"],
                   tag.get("signature", "()"))


def parameters(signature):
    """How many: commas outside of inner parentheses, plus one."""
    inner = signature.strip()[1:-1].strip()
    if inner in ("", "void"):
        return 0
    depth, count = 0, 1
    for char in inner:
        depth += (char in "([") - (char in ")]")
        count += char == "," and not depth
    return count


def longest_block(lines):
    """Lines of the longest switch or table among these."""
    best = 0
    for first, line in enumerate(lines):
        if not BLOCK.search(line):
            continue
        indent = len(line) - len(line.lstrip("\t"))
        for last in range(first + 1, len(lines)):
            after = lines[last]
            if after[indent:].startswith("}") and not after[:indent].strip():
                best = max(best, last - first + 1)
                break
    return best


def function_breaches(root, paths):
    if not paths:
        return
    for path, name, first, last, signature in functions(paths):
        where = f"{path[len(str(root)) + 1:]}:{first}"
        count = last - first + 1
        if parameters(signature) > PARAMETERS:
            yield f"{where}: {name}() has {parameters(signature)} parameters"
        if count <= FUNCTION_LINES:
            continue
        with open(path, errors="replace") as file:
            body = file.read().splitlines()[first - 1:last]
        if (count > TABLE_LINES
                or count - longest_block(body) > AROUND_TABLE_LINES):
            yield f"{where}: {name}() has {count} lines"


def folder_breaches(root):
    for folder in sorted(p for p in (root / "src").glob("*") if p.is_dir()):
        count = len(list(folder.glob("*.c"))) + len(list(folder.glob("*.cc")))
        if count > MODULES_MAX:
            yield f"src/{folder.name}: {count} modules"
        elif count > MODULES:
            print(f"warning: src/{folder.name}: {count} modules, aim at "
                  f"{MODULES}")


def breaches(root):
    ours = tree.sources(root, "src", "include")
    for path in ours + tree.sources(root, "tests"):
        count = len(tree.text(path).splitlines())
        if count > FILE_LINES:
            yield f"{path.relative_to(root)}: {count} lines"
    yield from function_breaches(root, ours)
    yield from folder_breaches(root)


if __name__ == "__main__":
    tree.end(breaches(tree.root_argument()), "shape holds")
