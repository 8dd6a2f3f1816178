#!/usr/bin/env python3
"""What no file may hold, and how each source opens.

usage: check_text.py ROOT
"""
import re

import tree

# Written in halves, so that this file may be read by itself.
NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE = re.compile(r"(?<![\w.}])/(home|root|wo" r"rk|Users|mnt)/[\w.-]+")
TEMPORARY = re.compile(r"(?<![\w.}])/t" r"mp/\w")
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIV" r"ATE KEY-----\s*"
                 r"[\"']?[A-Za-z0-9+/=]{40}")
SECRETS = {".pem", ".key", ".p12", ".pfx", ".der"}
OPENING = re.compile(r"/\*[\s*]+(\S+) - \S")
TEST_OPENING = re.compile(r"(?:/\* links: [a-z ]+ \*/\n)?/\*[\s*]+\S")


def file_breaches(where, body):
    for number, line in enumerate(body.splitlines(), 1):
        if NOTES.search(line):
            yield f"{where}:{number}: a note to oneself"
        if MACHINE.search(line) or (where.parts[0] != "tests"
                                    and TEMPORARY.search(line)):
            yield f"{where}:{number}: a path of one machine"
        if where.name != "LICENSE" and line != line.rstrip():
            yield f"{where}:{number}: blanks at the end of the line"
    if KEY.search(body):
        yield f"{where}: a private key"
    if body and not body.endswith("\n"):
        yield f"{where}: no newline at its end"


def source_breaches(where, body):
    opening = OPENING.match(body)
    if where.parts[0] == "tests":
        if not TEST_OPENING.match(body):
            yield f"{where}: does not open with what it proves"
    elif not opening or opening[1] != where.name:
        yield f"{where}: does not open with /* {where.name} - its task */"
    if where.suffix == ".h" and not re.search(r"^#pragma once$", body, re.M):
        yield f"{where}: no #pragma once"
    if where.suffix == ".h" and re.search(r"^typedef struct", body, re.M):
        yield f"{where}: a typedef of a struct"


def breaches(root):
    for path in tree.files(root):
        where = path.relative_to(root)
        if path.suffix in SECRETS:
            yield f"{where}: keys and certificates do not belong here"
            continue
        body = tree.text(path)
        yield from file_breaches(where, body)
        if path.suffix in tree.SOURCES:
            yield from source_breaches(where, body)


if __name__ == "__main__":
    tree.end(breaches(tree.root_argument()), "no breach in any file")
