#!/usr/bin/env python3
"""Proves that `rempart log show` finds in the log of a running edge what was
asked for, and that a phone with an old TLS is on the migration list."""

import json
import socket
import ssl
import subprocess

import edges
from harness import HOST, check, main
from sipclient import Phone


def show(edge, *options, files=None, status=0, text=None):
    """Lines of standard output, and standard error."""
    done = subprocess.run(
        [edge.binary, "log", "show", *options,
         *(edge.log_files() if files is None else files)],
        input=text, capture_output=True, timeout=60)
    check(done.returncode == status, "log show ended with", done.returncode,
          done.stdout, done.stderr)
    return done.stdout.decode().splitlines(), done.stderr.decode()


def knock(edge, version):
    """The handshake of a phone that knows nothing newer than `version`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = version
    context.maximum_version = version
    with socket.create_connection((HOST, edge.port), 10) as sock:
        try:
            context.wrap_socket(sock).close()
        except (ssl.SSLError, ConnectionError):
            return
    check(False, "the edge shook hands in", version)


def traffic(lab):
    """An edge that has accepted one user and refused another."""
    edge = edges.with_registrar(lab).start()
    Phone(lab, edge, "1001", secret=edges.password("1001")).register()
    stranger = Phone(lab, edge, "1002", secret="a-wrong-password")
    challenge = stranger.challenges()[0]
    stranger.send(stranger.register_text(challenge, cseq=2))
    stranger.expect_final("REGISTER")
    edge.record(kind="register", verdict="allow", user="1001")
    edge.record(kind="register", reason="bad-credentials")
    return edge


def scenario_filters(lab):
    edge = traffic(lab)
    edge.stop()
    lines, _ = show(edge, "--json")
    whole = "".join(open(path, encoding="utf-8").read()
                    for path in edge.log_files()).splitlines()
    check(lines == whole, "--json is not the log as it stands", lines)

    lines, _ = show(edge, "--json", "--user", "1001")
    users = {json.loads(line)["user"] for line in lines}
    check(users == {"1001"}, "--user shows", users)

    call = json.loads(lines[-1])["call_id"]
    lines, _ = show(edge, "--json", "--call", call)
    check({json.loads(line)["call_id"] for line in lines} == {call},
          "--call shows", lines)

    lines, _ = show(edge, "--denied")
    check(any("bad-credentials" in line for line in lines[1:]),
          "--denied hides the refusal", lines)
    check(all(line.split()[1] in ("deny", "drop") for line in lines[1:]),
          "--denied shows", lines)

    check(len(show(edge, "--since", "1h")[0]) == len(whole) + 1,
          "--since 1h hides records of this minute")
    lines, said = show(edge, "--since", "2100-01-01T00:00:00+01:00")
    check(not lines and said == "no record\n", "--since shows", lines, said)


def scenario_mistakes(lab):
    """What is no record is named, the rest is shown; usage is refused."""
    edge = traffic(lab)
    edge.stop()
    whole = open(edge.log_files()[0], "rb").read()
    count = whole.count(b"\n")
    path = lab.write("bad.log", "rubbish\n")
    with open(path, "ab") as file:
        file.write(whole + whole[:100])
    lines, said = show(edge, files=[path], status=1)
    check(len(lines) == count + 1, "records are lost beside bad lines", lines)
    check("%s:1: no record: an object was expected at byte 1\n" % path in said
          and "%s:%d: the last line is torn\n" % (path, count + 2) in said,
          "the bad lines are not named:", said)

    lines, _ = show(edge, files=["-"], text=whole)
    check(len(lines) == count + 1, "the standard input shows", lines)
    _, said = show(edge, files=[lab.path("none.log")], status=1)
    check("none.log: cannot be read: No such file" in said, said)
    _, said = show(edge, files=[lab.write("noise", "x\n" * 50)], status=1)
    check(said.count("noise:") == 11 and "40 more lines" in said, said)
    for wrong in (["--since", "soon", "x"], ["--user"], ["--colour", "x"], []):
        _, said = show(edge, *wrong, files=[], status=2)
        check("usage: rempart log" in said, "no usage for", wrong, said)


def scenario_migration_list(lab):
    edge = edges.with_registrar(lab).start()
    knock(edge, ssl.TLSVersion.TLSv1_2)
    edge.record(kind="connection", reason="tls-version")
    lines, _ = show(edge, "--handshakes")
    check(len(lines) == 2, "one address is not one line", lines)
    check(lines[1].startswith(HOST + " ")
          and " TLS 1.2  " in lines[1] and " tls-version " in lines[1],
          "the list says", lines[1])

    Phone(lab, edge, "1001", secret=edges.password("1001")).register()
    edge.record(kind="register", verdict="allow", user="1001")
    lines, _ = show(edge, "--handshakes", "--json")
    rows = [json.loads(line) for line in lines]
    check(len(rows) == 1 and rows[0]["address"] == HOST
          and rows[0]["offered"] == ["TLS 1.3", "TLS 1.2"]
          and rows[0]["refused"] == ["tls-version"]
          and rows[0]["user"] == "1001"
          and rows[0]["last_refused"] < rows[0]["accepted"],
          "after the phone was moved the list says", rows)


if __name__ == "__main__":
    main(globals())
