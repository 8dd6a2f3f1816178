#!/usr/bin/env python3
"""Proves what an administrator sees and does over the control socket of a
running edge: status, phones, calls, the end of a call, a reload."""

import json
import os
import re
import signal
import socket
import stat
import subprocess

import edges
from harness import HOST, SANITIZERS, Process, check, main, wait_until
from pbxstub import Pbx
from sipclient import SUITE_KEY, Dialog, Phone, offer, plain, unique

ENDED = "ended-by-admin"


def socket_of(edge):
    return edge.lab.path("state", "ctl")


def ctl(edge, *words, status=0):
    """What it prints; on failure what it says."""
    done = subprocess.run([edge.binary, "ctl", "--socket", socket_of(edge),
                           *words], capture_output=True, timeout=60)
    check(done.returncode == status, "rempart ctl", words, "ended with",
          done.returncode, done.stdout, done.stderr)
    return (done.stderr if status else done.stdout).decode()


def rows(edge, *words):
    return [json.loads(line)
            for line in ctl(edge, *words, "--json").splitlines()]


def in_front_of_pbx(lab):
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port).start()
    phone = Phone(lab, edge)
    pbx.accept_register(phone)
    return edge, pbx, phone


def answered(pbx, phone):
    """A call of this phone to the PBX; the dialog as the phone has it."""
    _, answer = pbx.accept_invite(phone)
    dialog = Dialog.of_caller(answer)
    phone.send(phone.inside(dialog, "ACK", cseq=1))
    pbx.expect("ACK")
    return dialog


def ended_record(edge, **more):
    return edge.record(kind="call", verdict="end", reason=ENDED, **more)


def scenario_tables(lab):
    edge, pbx, phone = in_front_of_pbx(lab)
    source = "%s:%d" % (HOST, phone.port)
    [row] = rows(edge, "phones")
    check(row["user"] == "1001" and row["source"] == source and
          row["token"] == phone.token and row["contact"] == phone.contact and
          590 <= row["expires_s"] <= 600, "the phone is", row)
    check(rows(edge, "calls") == [], "a call that nobody made")

    phone.send(phone.invite_text("600"))
    request = pbx.expect("INVITE")
    [row] = rows(edge, "calls")
    check(row["state"] == "ringing" and row["user"] == "1001" and
          row["to"].startswith("600@") and row["caller"] == source and
          row["called"] == "%s:%d" % (HOST, pbx.port) and
          row["srtp"] == "AES_CM_128_HMAC_SHA1_80" and
          row["call_id"] == request.get("call-id"), "the call is", row)
    pbx.answer(request, 200, "OK", body=plain(9100),
               headers="Contact: <sip:600@%s:%d>\r\n" % (HOST, pbx.port))
    dialog = Dialog.of_caller(phone.expect_final("INVITE"))
    check(rows(edge, "calls")[0]["state"] == "up", "not up")

    [row] = rows(edge, "status")
    check(row["phones"] == 1 and row["calls"] == 1 and
          row["connections"] == 1 and row["node"] == "test" and
          row["file"] == edge.config and
          row["config"] == edge.records()[-1]["config"], "status is", row)

    text = ctl(edge, "calls").splitlines()
    check(len(text) == 2 and text[0].split()[:4] ==
          ["id", "user", "to", "state"] and " up " in text[1], text)
    check("1001" in ctl(edge, "phones"), "no table of phones")
    check("phones           1\n" in ctl(edge, "status"), ctl(edge, "status"))

    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    phone.expect_final("BYE")
    check(rows(edge, "calls") == [], "a call that is over")


def scenario_end_answered(lab):
    """BYE both ways, each inside the dialog as its end knows it."""
    edge, pbx, phone = in_front_of_pbx(lab)
    dialog = answered(pbx, phone)
    [row] = rows(edge, "calls")
    check(ctl(edge, "calls", "end", str(row["id"])) == "done\n", "not done")

    at_phone, at_pbx = phone.expect("BYE"), pbx.expect("BYE")
    for bye in (at_phone, at_pbx):
        check(bye.get("call-id") == dialog.call_id and
              "administrator" in bye.get("reason"), "the BYE is", bye)
    check(at_phone.tag("to") in dialog.local and
          at_phone.tag("from") in dialog.remote, "other tags", at_phone)
    check(at_pbx.tag("from") in dialog.local and
          at_pbx.ruri.startswith("sip:600@"), "another dialog", at_pbx)
    phone.answer(at_phone, 200)
    pbx.answer(at_pbx, 200)
    ended_record(edge, user="1001", call_id=dialog.call_id)
    check(rows(edge, "calls") == [], "it is still there")
    ctl(edge, "calls", "end", str(row["id"]), status=1)
    check(not pbx.drain()[-1].method == "ACK", "something came after")
    answered(pbx, phone)  # the phone may call again


def scenario_end_ringing(lab):
    edge, pbx, phone = in_front_of_pbx(lab)
    phone.send(phone.invite_text("600"))
    request = pbx.expect("INVITE")
    pbx.answer(request, 180, tag="ring")
    phone.expect(180)
    ctl(edge, "calls", "end", str(rows(edge, "calls")[0]["id"]))
    answer = phone.expect_final("INVITE")
    check(answer.code == 480 and ENDED in answer.get("warning"),
          "the answer is", answer)
    cancel = pbx.expect("CANCEL")
    check(cancel.get("via") == request.get("via"), "another CANCEL", cancel)
    pbx.answer(cancel, 200)
    pbx.answer(request, 487, tag="ring")
    pbx.expect("ACK")
    ended_record(edge, code=480)
    check(rows(edge, "calls") == [], "it is still there")


def scenario_end_before_it_rings(lab):
    """RFC 3261 9.1: CANCEL waits for a provisional answer; an answer that
    overtakes it is ended by ACK and BYE."""
    edge, pbx, phone = in_front_of_pbx(lab)
    for code in (180, 200):
        phone.send(phone.invite_text("600"))
        request = pbx.expect("INVITE")
        ctl(edge, "calls", "end", str(rows(edge, "calls")[0]["id"]))
        check(phone.expect_final("INVITE").code == 480, "not 480")
        more = {"tag": "late", "headers": "Contact: <sip:600@%s:%d>\r\n" % (
            HOST, pbx.port)}
        if code == 200:
            pbx.answer(request, 200, body=plain(9100), **more)
            pbx.expect("ACK")
            pbx.answer(pbx.expect("BYE"), 200)
        else:
            pbx.answer(request, 180, **more)
            pbx.answer(pbx.expect("CANCEL"), 200)
            pbx.answer(request, 487, tag="late")
            pbx.expect("ACK")
    wait_until(lambda: len([r for r in edge.records()
                            if r["reason"] == ENDED]) == 2, "one record each")


def scenario_end_between_phones(lab):
    """With our own registrar: both ends are phones of ours."""
    edge = edges.with_registrar(lab).start()
    one, two = (Phone(lab, edge, user, secret=edges.password(user)).register()
                for user in ("1001", "1002"))
    check(sorted(r["user"] for r in rows(edge, "phones")) ==
          ["1001", "1002"], "other phones")
    one.send(one.invite_text("1002"))
    request = two.expect("INVITE")
    two.answer(request, 200, "OK", tag="two", body=offer(9200),
               headers="Contact: <%s>\r\n" % two.contact)
    dialog = Dialog.of_caller(one.expect_final("INVITE"))
    one.send(one.inside(dialog, "ACK", cseq=1))
    two.expect("ACK")
    ctl(edge, "calls", "end", str(rows(edge, "calls")[0]["id"]))
    for phone in (one, two):
        phone.answer(phone.expect("BYE"), 200)
    ended_record(edge)


def traced(lab, edge, call, *words):
    process = Process(lab, "ctl" + "".join(words),
                      [edge.binary, "ctl", "--socket", socket_of(edge),
                       "trace", call, *words], SANITIZERS)
    process.wait_output("tracing")
    return process


def scenario_trace(lab):
    """Each message of a call as it came and left, without its secrets."""
    edge, pbx, phone = in_front_of_pbx(lab)
    call_id = unique("traced")
    process = traced(lab, edge, call_id)
    ctl(edge, "trace", "another", status=1)  # one at a time
    answered(pbx, phone)  # another call
    phone.send(phone.invite_text(
        "600", call_id=call_id, headers="Proxy-Authorization: Digest "
        "username=\"1001\", response=\"0123abcd\"\r\n"))
    request = pbx.expect("INVITE")
    pbx.answer(request, 200, "OK", body=plain(9100),
               headers="Contact: <sip:600@%s:%d>\r\n" % (HOST, pbx.port))
    answer = phone.expect_final("INVITE")
    [ours] = re.findall("inline:(\\S+)", answer.body.decode())
    dialog = Dialog.of_caller(answer)
    phone.send(phone.inside(dialog, "ACK", cseq=1))
    pbx.expect("ACK")
    digit = phone.inside(dialog, "INFO", body="Signal=7\r\nDuration=160\r\n")
    phone.send(digit.replace("application/sdp", "application/dtmf-relay"))
    pbx.answer(pbx.expect("INFO"), 200)
    phone.expect_final("INFO")
    process.wait_output("are not shown")
    wait_until(lambda: process.output().count(b"CSeq: 101 INFO") == 4,
               "INFO and its answer, both ways")
    check(process.stop(signal.SIGINT) == 0, "Ctrl-C is a failure")

    text = process.output().decode()
    for wanted, count in (("INVITE sip:", 2), ("SIP/2.0 200", 4),
                          ("ACK sip:", 2), ("INFO sip:", 2),
                          ("Call-ID: " + call_id, 11),
                          ("Z from %s:%d" % (HOST, phone.port), 3),
                          ("Z to %s:%d" % (HOST, pbx.port), 3)):
        check(text.count(wanted) == count, "not as often:", wanted, count,
              text.count(wanted), text)
    for secret in (SUITE_KEY, ours, "0123abcd", "Signal=7"):
        check(secret not in text, "shown:", secret)
    check("inline***" in text and "Proxy-Authorization: ***" in text, text)
    [row] = [r for r in rows(edge, "calls") if r["call_id"] == call_id]

    process = traced(lab, edge, str(row["id"]), "--json")
    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    phone.expect_final("BYE")
    wait_until(lambda: process.output().count(b"CSeq: 102 BYE") == 4,
               "BYE and its answer, both ways")
    check(process.stop(signal.SIGTERM) == 0, "an end is a failure")
    found = [json.loads(line) for line in process.output().splitlines()
             if line.startswith(b"{")][-4:]
    check([m["direction"] for m in found] == ["in", "out", "in", "out"] and
          found[0]["message"].startswith("BYE sip:"), found)


def scenario_bad_id(lab):
    edge, _, _ = in_front_of_pbx(lab)
    check("no such call" in ctl(edge, "calls", "end", "17", status=1),
          "an unknown call")
    for words in (("calls", "end", "-1"), ("calls", "end", "x"),
                  ("calls", "end"), ("phones", "more"), ("nothing",), ("trace",), ()):
        ctl(edge, *words, status=2)


def scenario_reload(lab):
    edge, _, phone = in_front_of_pbx(lab)
    mark = edge.mark()
    check(ctl(edge, "reload") == "done\n", "a good file is refused")
    edge.record(after=mark, kind="reload", reason="reloaded")
    with open(edge.config, "a", encoding="utf-8") as file:
        file.write("no_such_key = 1;\n")
    with open(edge.config, encoding="utf-8") as file:
        where = "rempart.conf:%d" % len(file.readlines())
    mark = edge.mark()
    text = ctl(edge, "reload", status=1)
    check(where in text and "no_such_key" in text, "it says", text)
    edge.record(after=mark, kind="reload", reason="reload-refused")
    check(rows(edge, "phones")[0]["user"] == "1001", "the phone is gone")
    check(edge.reload()["reason"] == "reload-refused", "no SIGHUP any more")


def scenario_socket(lab):
    """Private; gone with the edge; a crash's is taken over; a client that
    hangs or sends garbage holds up neither phones nor reload nor the end."""
    edge, pbx, phone = in_front_of_pbx(lab)
    path = socket_of(edge)
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "not private")
    clients = []
    for data in (b"", b"stat", b"\0\xff\n", b"x" * 4096):
        client = lab.closing(socket.socket(socket.AF_UNIX))
        client.connect(path)
        try:
            client.sendall(data)
        except OSError:
            pass  # refused already
        clients.append(client)
    answered(pbx, phone)
    check(edge.reload()["reason"] == "reloaded", "no reload")
    check(rows(edge, "status")[0]["calls"] == 1, "no status")
    edge.crash()
    check("is the edge running?" in ctl(edge, "status", status=1), "silence")
    edge.start()
    check(rows(edge, "status")[0]["phones"] == 0, "no status")
    edge.stop()
    check(not os.path.exists(path), "the socket stays")
    check("is the edge running?" in ctl(edge, "status", status=1), "silence")


def scenario_named_in_the_file(lab):
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port,
                          more="control = { socket = \"here\"; };").start()
    done = subprocess.run([edge.binary, "ctl", "--socket", lab.path("here"),
                           "status"], capture_output=True, timeout=60)
    check(done.returncode == 0, "not there", done.stderr)
    with open(edge.config, encoding="utf-8") as file:
        text = file.read()
    lab.write("rempart.conf", text.replace('"here"', '"there"'))
    check("control.socket" in edge.reload()["detail"], "it moved")
    wait_until(lambda: os.path.exists(lab.path("here")), "the old socket")


if __name__ == "__main__":
    main(globals())
