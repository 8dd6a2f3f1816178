#!/usr/bin/env python3
"""Proves that the checks of this folder go red on what they are there for.

A check that lets everything pass looks like a tree without a fault.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LAYERS = "base pure\nsip pure\nproxy pure sip\ndoor io\ncmd io *\n"
GOOD = {
    "src/LAYERS": LAYERS,
    "src/sip/uri.c": "/* uri.c - URIs */\n#include \"rempart/base/span.h\"\n",
    "src/sip/uri.h": "/* uri.h - URIs */\n#pragma once\n",
    "src/cmd/main.c": "/* main.c - all */\n#include \"rempart/sip/uri.h\"\n",
    "README.md": "# Good\n",
}
STEP = "\tcall();\n"


def function(lines, inner=STEP, parameters="void"):
    body = inner if inner != STEP else STEP * (lines - 3)
    return f"/* x.c - x */\nstatic void f({parameters})\n{{\n{body}}}\n"


def switch(cases):
    return "\tswitch (x) {\n" + "\tcase 1:\n" * cases + "\t}\n"


class Tidy(unittest.TestCase):
    def run_check(self, check, extra):
        with tempfile.TemporaryDirectory() as name:
            for path, body in {**GOOD, **extra}.items():
                at = pathlib.Path(name, path)
                at.parent.mkdir(parents=True, exist_ok=True)
                at.write_text(body)
            command = [str(HERE / check), name]
            if check.endswith(".py"):
                command.insert(0, sys.executable)
            return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)

    def red(self, check, says, path, body):
        run = self.run_check(check, {path: body})
        self.assertNotEqual(run.returncode, 0, run.stdout)
        self.assertIn(says, run.stdout)

    def green(self, check, path="src/sip/more.c", body="/* more.c - x */\n"):
        run = self.run_check(check, {path: body})
        self.assertEqual(run.returncode, 0, run.stdout)


class Layers(Tidy):
    CHECK = "check_layers.py"

    def include(self, folder, what):
        return (self.CHECK, f"src/{folder}/x.c", f"#include {what}\n")

    def test_a_good_tree_is_green(self):
        self.green(self.CHECK)

    def test_a_folder_may_not_include_one_below_it(self):
        self.red(self.CHECK, "sip may not include proxy", "src/sip/x.c",
                 '#include "rempart/proxy/route.h"\n')

    def test_public_headers_are_held_to_it_too(self):
        self.red(self.CHECK, "door may not include sip",
                 "include/rempart/door/x.h", '#include "rempart/sip/uri.h"\n')

    def test_a_pure_folder_may_not_reach_outside(self):
        for header in ("stdio.h", "time.h", "sys/socket.h", "re/re_tmr.h",
                       "re_main.h"):
            self.red(self.CHECK, "sip is pure", "src/sip/x.c",
                     f"#include <{header}>\n")

    def test_an_io_folder_may(self):
        self.green(self.CHECK, "src/door/x.c", "#include <sys/socket.h>\n")

    def test_only_the_ring_may_wake(self):
        self.green(self.CHECK, "src/base/ring.c", "#include <sys/eventfd.h>\n")
        self.red(self.CHECK, "base is pure", "src/base/x.c",
                 "#include <sys/eventfd.h>\n")

    def test_private_headers_stay_private(self):
        self.red(self.CHECK, "a private header", "src/cmd/x.c",
                 '#include "../sip/uri.h"\n')

    def test_a_folder_must_be_named(self):
        self.red(self.CHECK, "not in src/LAYERS", "src/new/x.c", "\n")

    def test_layers_may_only_point_up(self):
        self.red(self.CHECK, "does not stand above", "src/LAYERS",
                 "base pure\nsip pure proxy\nproxy pure\ncmd io *\n")

    def test_pure_may_not_stand_on_io(self):
        self.red(self.CHECK, "which is not", "src/LAYERS",
                 "base pure\ndoor io\nsip pure door\ncmd io *\n")


class Shape(Tidy):
    CHECK = "check_shape.py"
    AT = "src/sip/x.c"

    def test_60_lines_are_a_function(self):
        self.green(self.CHECK, self.AT, function(60))

    def test_61_are_not(self):
        self.red(self.CHECK, "f() has 61 lines", self.AT, function(61))

    def test_one_switch_may_be_longer(self):
        self.green(self.CHECK, self.AT, function(0, switch(100)))

    def test_but_not_longer_than_120(self):
        self.red(self.CHECK, "lines", self.AT, function(0, switch(130)))

    def test_a_switch_excuses_nothing_around_it(self):
        self.red(self.CHECK, "f() has", self.AT,
                 function(0, switch(40) + STEP * 30))

    def test_five_parameters(self):
        five = "int a, void (*b)(int, int), int c, int d, int e"
        self.green(self.CHECK, self.AT, function(9, parameters=five))
        self.red(self.CHECK, "6 parameters", self.AT,
                 function(9, parameters=five + ", int f"))

    def test_500_lines_are_a_file(self):
        self.green(self.CHECK, self.AT, "\n" * 500)
        self.red(self.CHECK, "501 lines", self.AT, "\n" * 501)

    def test_16_modules_are_a_folder(self):
        many = {f"src/sip/m{i}.c": "\n" for i in range(15)}
        self.assertEqual(self.run_check(self.CHECK, many).returncode, 0)
        many["src/sip/m15.c"] = "\n"
        run = self.run_check(self.CHECK, many)
        self.assertIn("src/sip: 17 modules", run.stdout)
        self.assertEqual(run.returncode, 1)


class Text(Tidy):
    CHECK = "check_text.py"

    def test_a_good_tree_is_green(self):
        self.green(self.CHECK)

    def test_notes_to_oneself(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            self.red(self.CHECK, "a note", "a.md", f"{word}: later\n")

    def test_a_template_of_mkdtemp_is_no_note(self):
        self.green(self.CHECK, "a.md", f"mkdtemp x.{'X' * 6}\n")

    def test_paths_of_one_machine(self):
        for path in ("/home/" "me/x", "/root/" "x", "/t" "mp/x"):
            self.red(self.CHECK, "a path", "conf/a", f"log {path}\n")

    def test_private_keys(self):
        key = "-----BEGIN PRIV" "ATE KEY-----\n" + "A" * 64 + "\n"
        self.red(self.CHECK, "a private key", "tests/a.txt", key)
        self.red(self.CHECK, "do not belong", "certs/edge.key", "\n")

    def test_how_sources_open(self):
        self.red(self.CHECK, "open with", "src/sip/x.c", "/* y.c - y */\n")
        self.red(self.CHECK, "what it proves", "tests/unit/sip/test_x.c",
                 "#include <x.h>\n")

    def test_headers_are_read_once(self):
        self.red(self.CHECK, "no #pragma once", "include/rempart/sip/x.h",
                 "/* x.h - x */\n")

    def test_blanks_and_ends(self):
        self.red(self.CHECK, "blanks", "a.md", "a \n")
        self.red(self.CHECK, "no newline", "a.md", "a")


class Symbols(Tidy):
    CHECK = HERE / "check_symbols.py"

    def check(self, theirs, ours):
        with tempfile.TemporaryDirectory() as name:
            compiler = os.environ.get("CC", "cc")
            for file, body in (("theirs.c", theirs), ("ours.c", ours)):
                pathlib.Path(name, file).write_text(body)
            for make in (["-shared", "-fPIC", "-o", "theirs.so", "theirs.c"],
                         ["-c", "-o", "ours.o", "ours.c"]):
                subprocess.run([compiler, *make], cwd=name, check=True)
            return subprocess.run(
                [sys.executable, self.CHECK, "theirs.so", "--", "ours.o"],
                cwd=name, text=True, stdout=subprocess.PIPE, check=False)

    def test_a_name_that_is_taken(self):
        run = self.check("int sip_x(void) { return 1; }\n",
                         "int sip_x(void) { return 2; }\n")
        self.assertIn("sip_x() is also in", run.stdout)
        self.assertEqual(run.returncode, 1)

    def test_a_static_function_takes_none(self):
        run = self.check("int sip_x(void) { return 1; }\n",
                         "static int sip_x(void) { return 2; }\n"
                         "int y(void) { return sip_x(); }\n")
        self.assertEqual(run.returncode, 0, run.stdout)


class Manual(Tidy):
    PAGE = ".Ss General\n.It Ic node Pq text\n.Ss log\n.It Ic a , b Pq x\n"

    def check(self, keys, page):
        with tempfile.TemporaryDirectory() as name:
            fake = pathlib.Path(name, "rempart")
            fake.write_text("#!/bin/sh\ncat <<'E'\n" + "".join(
                f"{key}\ttext\n" for key in keys) + "log\tgroup\nE\n")
            fake.chmod(0o755)
            pathlib.Path(name, "page").write_text(page)
            return subprocess.run(
                [sys.executable, HERE / "check_manual.py", "./rempart",
                 "page"], cwd=name, text=True, stdout=subprocess.PIPE,
                check=False)

    def test_both_tell_of_the_same_keys(self):
        run = self.check(["node", "log.a", "log.b"], self.PAGE)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_a_key_that_the_manual_forgot(self):
        run = self.check(["node", "log.a", "log.b", "log.c"], self.PAGE)
        self.assertIn("says nothing of log.c", run.stdout)
        self.assertEqual(run.returncode, 1)

    def test_a_key_that_is_gone(self):
        run = self.check(["node", "log.a"], self.PAGE)
        self.assertIn("tells of log.b", run.stdout)
        self.assertEqual(run.returncode, 1)


class Shell(Tidy):
    CHECK = "check_shell.sh"

    def test_a_bad_script_is_found(self):
        with tempfile.TemporaryDirectory() as name:
            bad = "#!/bin/sh\nrm -rf $1/*\n"
            for path, body in (("run", "#!/bin/sh\ntrue\n"), ("bad", bad)):
                pathlib.Path(name, path).write_text(body)
            run = subprocess.run([HERE / self.CHECK, name], text=True,
                                 stdout=subprocess.PIPE, check=False)
        self.assertIn("SC2086", run.stdout)
        self.assertNotEqual(run.returncode, 0)


if __name__ == "__main__":
    unittest.main()
