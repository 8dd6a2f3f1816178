#!/usr/bin/env python3
"""Proves that TLS 1.2 comes in where the configuration names it and from the
subnets named there, and that all that comes so is marked in the log."""

import socket
import ssl
from types import SimpleNamespace

import edges
from harness import HOST, WAIT_S, Failure, check, main
from pbxstub import Pbx
from sipclient import Dialog, Phone, plain, unique

TLS_1_2 = {"least": ssl.TLSVersion.TLSv1_2, "most": ssl.TLSVersion.TLSv1_2}


def begin(lab):
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port)
    edge.legacy = lab.ports.take()
    with open(edge.config, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("}; };\nlog", """};
legacy = { address = "%s:%d"; tls_min = "1.2"; only = [ "%s/32" ]; }; };
log""" % (HOST, edge.legacy, HOST), 1)
    lab.write("rempart.conf", text)
    return edge.start(), pbx


def old_phone(lab, edge, user="1001", **options):
    """TLS 1.2 alone, by the legacy port."""
    way = SimpleNamespace(port=edge.legacy, ca=edge.ca, domain=edge.domain)
    return Phone(lab, way, user, **dict(TLS_1_2, **options))


def marked(record):
    check(record.get("zone") == "legacy", "not marked:", record)
    check(record.get("tls", "").startswith("TLSv1.2 ECDHE-"),
          "the record's TLS is", record)


def call(pbx, phone):
    """An answered call to 601 that its caller ends."""
    _, answer = pbx.accept_invite(phone, phone.invite_text("601"))
    dialog = Dialog.of_caller(answer)
    phone.send(phone.inside(dialog, "ACK", cseq=1))
    pbx.expect("ACK")
    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    check(phone.expect_final("BYE").code == 200, "BYE failed")


def scenario_registers_and_calls(lab):
    edge, pbx = begin(lab)
    edge.process.wait_output("TLS 1.2")  # the warning
    phone = old_phone(lab, edge)
    pbx.accept_register(phone)
    marked(edge.record(kind="register", verdict="allow", user="1001"))
    call(pbx, phone)
    marked(edge.record(kind="call", verdict="allow", user="1001"))
    marked(edge.record(kind="call", verdict="end", user="1001"))
    # What is refused is marked as well.
    phone.send(phone.invite_text("900"))
    pbx.answer(pbx.expect("INVITE"), 486)
    pbx.expect("ACK")
    phone.expect_final("INVITE")
    phone.send(phone.request("INVITE", "sip:601@elsewhere.example"))
    check(phone.expect_final("INVITE").code == 403, "not refused")
    marked(edge.record(kind="call", verdict="deny"))


def scenario_a_call_to_it_is_marked_at_its_end(lab):
    edge, pbx = begin(lab)
    phone = old_phone(lab, edge)
    pbx.accept_register(phone)
    pbx.send("\r\n".join((
        "INVITE sip:%s@%s:%d SIP/2.0" % (phone.token, HOST, edge.local),
        "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s" % (HOST, pbx.port,
                                                     unique()),
        "Max-Forwards: 70", "From: <sip:601@%s>;tag=%s" % (HOST, unique()),
        "To: <sip:1001@%s>" % HOST, "Call-ID: " + unique(),
        "CSeq: 1 INVITE", "Contact: <sip:601@%s:%d>" % (HOST, pbx.port),
        "Content-Type: application/sdp",
        "Content-Length: %d\r\n\r\n%s" % (len(plain()), plain()))))
    phone.answer(phone.expect("INVITE"), 486, tag="busy")
    phone.expect("ACK")
    check(pbx.expect(486), "no answer")
    record = edge.record(kind="call", verdict="end")
    check(record.get("zone") == "legacy", "not marked:", record)


def scenario_the_usual_port_stays_as_it_is(lab):
    """TLS 1.2 is refused there, and TLS 1.3 is not marked."""
    edge, pbx = begin(lab)
    try:
        Phone(lab, edge, "1001", **TLS_1_2)
        raise Failure("TLS 1.2 was taken")
    except ssl.SSLError:
        edge.record(kind="connection", verdict="deny", reason="tls-version")
    phone = Phone(lab, edge, "1002")
    pbx.accept_register(phone)
    call(pbx, phone)
    edge.record(kind="call", verdict="end", user="1002")
    check(not [r for r in edge.records() if "zone" in r], "marked")


def scenario_another_subnet_is_closed_at_once(lab):
    edge, _ = begin(lab)
    with socket.create_connection((HOST, edge.legacy), WAIT_S,
                                  ("127.0.0.9", 0)) as sock:
        check(sock.recv(1) == b"", "it may speak")
    record = edge.record(kind="connection", verdict="deny",
                         reason="legacy-source")
    check(record["source"].startswith("127.0.0.9"), "source", record)


def scenario_subnets_reload_and_the_place_does_not(lab):
    edge, pbx = begin(lab)
    phone = old_phone(lab, edge)
    pbx.accept_register(phone)
    with open(edge.config, encoding="utf-8") as file:
        good = file.read()
    lab.write("rempart.conf", good.replace("%d\"; tls_min" % edge.legacy,
                                           "%d\"; tls_min" %
                                           lab.ports.take()))
    record = edge.reload()
    check(record["reason"] == "reload-refused" and
          "listen.legacy needs a restart" in record["detail"],
          "the record is", record)
    lab.write("rempart.conf", good.replace("%s/32" % HOST, "10.0.0.0/8"))
    check(edge.reload()["reason"] == "reloaded", "refused")

    def shut():
        """True when a new one is turned away; the door reads its mail."""
        try:
            old_phone(lab, edge, "1003").close()
            return False
        except OSError:
            return True
    while not shut():
        pass
    edge.record(reason="legacy-source")
    call(pbx, phone)  # who is in stays in


if __name__ == "__main__":
    main(globals())
