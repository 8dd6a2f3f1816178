#!/usr/bin/env python3
"""Proves that a crowd that vanishes and a flood leave the edge responsive and
its memory and files bounded."""

import os
import re
import sys
import time

import edges
import tls
from harness import Process, check, main, wait_until
from pbxstub import Pbx
from sipclient import Phone

DOMAIN = "pbx.test"
CROWD = 200
MIB = 1024


def begin(lab):
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port, domain=DOMAIN)
    # Calls outlive their phones' connections, with their media ports: more of
    # them than a block has, on an address of our own.
    with open(edge.config, encoding="utf-8") as file:
        text = file.read()
    wide = re.sub(r"upstream = { ports = \"[0-9-]+\"",
                  "upstream = { address = \"127.77.0.%d\"; "
                  "ports = \"12000-14999\"" % (edge.port // 200), text)
    check(wide != text, "no media ports in", text)
    lab.write("rempart.conf", wide.replace("media = {",
                                           "media = { timeout_s = 2;"))
    return edge.start(), pbx.serve()


def resident_kib(edge):
    with open("/proc/%d/status" % edge.process.child.pid,
              encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def honest(lab, edge, user="honest"):
    """A whole registration and call; the seconds that it took."""
    start = time.monotonic()
    phone = Phone(lab, edge, user)
    phone.send(phone.register_text())
    check(phone.expect_final("REGISTER").code == 200, "not registered")
    phone.send(phone.invite_text("600"))
    check(phone.expect_final("INVITE").code == 200, "no call")
    phone.close()
    return time.monotonic() - start


def scenario_crowd_killed(lab):
    """kamailio#2395: 200 TLS phones vanish in mid call, again and again."""
    edge, pbx = begin(lab)
    honest(lab, edge)
    before = tls.open_files(edge)
    sizes = []
    for turn in range(2):
        crowd = Process(lab, "crowd-%d" % turn, [
            sys.executable, os.path.join(os.path.dirname(
                os.path.abspath(__file__)), "crowd.py"),
            str(edge.port), edge.ca, DOMAIN, str(CROWD)])
        crowd.wait_output("in call", 60)
        crowd.kill()
        honest(lab, edge)
        wait_until(lambda: not tls.sockets_of(edge),
                   "the crowd's connections to be gone")
        sizes.append(resident_kib(edge))
    # Nobody hangs up: silence ends the calls, and their sockets with them.
    wait_until(lambda: tls.open_files(edge) <= before, "the files to close")
    edge.record(kind="call", verdict="end", reason="media-timeout")
    pbx.end_serve()


def scenario_response_flood(lab):
    """Thousands of responses to nothing: dropped, counted in few records."""
    edge, pbx = begin(lab)
    attacker = Phone(lab, edge, "1001")
    attacker.send(attacker.register_text())
    attacker.expect_final("REGISTER")
    stray = ("SIP/2.0 200 OK\r\n"
             "Via: SIP/2.0/TLS 127.0.0.1:%d;branch=z9hG4bK%%d\r\n"
             "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
             "Call-ID: %%d\r\nCSeq: 1 INVITE\r\n"
             "Content-Length: 0\r\n\r\n" % edge.port)
    size = resident_kib(edge)
    for i in range(50):
        attacker.send("".join(stray % (n, n)
                              for n in range(i * 100, i * 100 + 100)))
    honest(lab, edge)
    edge.record(verdict="drop", reason="stray-response")
    check(len(edge.records()) < 100, "a record for each stray response")
    # 5000 responses kept would be more than this, sanitizer and all.
    check(resident_kib(edge) < size + 64 * MIB, "memory grew",
          size, resident_kib(edge))
    attacker.send(attacker.request("OPTIONS"))
    check(attacker.expect_final("OPTIONS").code == 200, "not served")
    pbx.end_serve()


def scenario_register_flood(lab):
    """A guesser floods with wrong passwords; honest phones get in, the log
    holds counts and not a line each."""
    edge = edges.with_registrar(lab).start()
    guesser = Phone(lab, edge, "1002", secret="guess")
    challenge = guesser.challenges()[0]
    for i in range(2000):
        guesser.send(guesser.register_text(challenge, cseq=i + 2))
        if i % 50 == 0:
            guesser.pump(0.001)
    for _ in range(5):
        Phone(lab, edge, secret=edges.password("1001")).register()
    edge.record(reason="bad-credentials")
    check(len(edge.records()) < 100, "a record for each guess")


def scenario_does_not_read(lab):
    """A phone that asks and never reads the answers: its queue is bounded,
    others are served."""
    edge, pbx = begin(lab)
    deaf = Phone(lab, edge, "1001")
    text = deaf.request("OPTIONS", headers="Subject: %s\r\n" % ("s" * 4000))
    size = resident_kib(edge)
    try:
        for _ in range(40000):
            deaf.send(text)
    except OSError:
        pass  # closed by the edge
    edge.record(kind="connection", reason="send-queue-full")
    honest(lab, edge)
    check(resident_kib(edge) < size + 64 * MIB, "memory grew",
          size, resident_kib(edge))
    pbx.end_serve()


if __name__ == "__main__":
    main(globals())
