#!/usr/bin/env python3
"""Proves that what is no proper SIP gets a clear answer or a closed
connection, leaves a record that says why, and harms nobody else."""

import edges
from harness import check, main
from sipclient import Phone, unique


def begin(lab):
    edge = edges.with_registrar(lab).start()
    return edge, phone(lab, edge)


def phone(lab, edge):
    return Phone(lab, edge, secret=edges.password("1001"))


def honest(lab, edge):
    phone(lab, edge).register()


def refused(lab, data, reasons, codes=(), closes=True):
    """Sends it on a fresh connection: the answer, the record, the end."""
    edge, attacker = begin(lab)
    attacker.send(data(attacker) if callable(data) else data)
    if codes:
        answer = attacker.expect(lambda m: m.code >= 300)
        check(answer.code in codes, "answered with", answer)
        check(not answer.body, "the answer has a body", answer)
    if closes:
        attacker.expect_closed()
    record = edge.record(reason=lambda r: r in reasons)
    check(record["verdict"] in ("deny", "drop"), "recorded as", record)
    if not closes:
        attacker.register()
    honest(lab, edge)
    return record


def with_header(line, **options):
    return lambda a: a.request("OPTIONS", headers=line + "\r\n", **options)


def scenario_start_line(lab):
    refused(lab, "REGISTER sip:x SIP/2.0 SIP/2.0 really\r\n"
            "Content-Length: 0\r\n\r\n",
            {"malformed-start-line"})


def scenario_http(lab):
    refused(lab, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            {"malformed-start-line", "bad-content-length"})


def scenario_other_version(lab):
    refused(lab, lambda a: a.request("OPTIONS").replace(
        " SIP/2.0\r\n", " SIP/3.0\r\n", 1), {"version-not-supported"},
        {505}, closes=False)


def scenario_two_content_lengths(lab):
    refused(lab, with_header("Content-Length: 5"),
            {"bad-content-length", "repeated-header"}, {400})


def scenario_length_beyond_32_bits(lab):
    refused(lab, lambda a: a.request("OPTIONS").replace(
        "Content-Length: 0", "Content-Length: 4294967297"),
        {"bad-content-length", "body-too-large"}, {400, 413})


def scenario_length_negative(lab):
    refused(lab, lambda a: a.request("OPTIONS").replace(
        "Content-Length: 0", "Content-Length: -1"),
        {"bad-content-length"}, {400})


def scenario_no_length(lab):
    """RFC 3261 20.14: over a stream it must be there."""
    refused(lab, lambda a: a.request("OPTIONS").replace(
        "Content-Length: 0\r\n", ""), {"bad-content-length"}, {400})


def scenario_header_of_64_kib(lab):
    refused(lab, with_header("X-Long: " + "a" * 65536),
            {"head-too-large"}, {513})


def scenario_thousand_headers(lab):
    """1000 short ones fit into the bytes that a head may have. Where it ends
    is known, so the connection may go on."""
    refused(lab, with_header("\r\n".join(["a:b"] * 1000)),
            {"too-many-headers"}, {400}, closes=False)


def scenario_body_too_large(lab):
    refused(lab, lambda a: a.request("MESSAGE", body="b" * 20000,
                                     type="text/plain"),
            {"body-too-large"}, {413})


def scenario_nul_byte(lab):
    refused(lab, with_header("Subject: a\0b"), {"forbidden-bytes"}, {400})


def scenario_bare_line_feed(lab):
    """Smuggling by another idea of where a line ends."""
    refused(lab, with_header("Subject: a\nX-Injected: b"),
            {"forbidden-bytes"}, {400})


def scenario_cseq_of_another_method(lab):
    refused(lab, lambda a: a.request("OPTIONS").replace(
        "1 OPTIONS\r\n", "1 INVITE\r\n"), {"bad-cseq"}, {400}, closes=False)


def scenario_max_forwards_zero(lab):
    edge, attacker = begin(lab)
    attacker.register()
    attacker.send(attacker.invite_text("1002").replace(
        "Max-Forwards: 70", "Max-Forwards: 0"))
    answer = attacker.expect_final("INVITE")
    check(answer.code == 483, "answered with", answer)
    edge.record(reason="max-forwards")


def scenario_byte_by_byte(lab):
    """A slow phone is a phone: each byte in a TLS record of its own."""
    edge, slow = begin(lab)
    challenge = slow.challenges()[0]
    for byte in slow.register_text(challenge, cseq=2).encode():
        slow.send(bytes([byte]))
    answer = slow.expect_final("REGISTER")
    check(answer.code == 200, "answered with", answer)
    edge.record(kind="register", verdict="allow")


def scenario_head_without_end(lab):
    """It trickles for ever; an honest phone beside it is served, and it is
    closed though each byte comes in time."""
    edge, slow = begin(lab)
    slow.send("OPTIONS sip:x SIP/2.0\r\nSubject: ")
    honest(lab, edge)
    while not slow.closed:
        try:
            slow.send("a")
        except OSError:
            break
        slow.pump(0.2)
    edge.record(reason="head-incomplete", kind="connection")
    honest(lab, edge)


def scenario_says_nothing(lab):
    """Only keep-alives: a pong each, and closed after the first seconds."""
    edge, quiet = begin(lab)
    quiet.send("\r\n\r\n")
    quiet.expect_closed()
    check(quiet.pongs == 1, "pongs:", quiet.pongs)
    edge.record(reason="no-request", kind="connection")


def scenario_two_in_one_record(lab):
    """Pipelined requests are cut where they end, both are answered."""
    edge, one = begin(lab)
    ids = unique("a"), unique("b")
    one.send("".join(one.request("OPTIONS", call_id=i) for i in ids))
    for call_id in ids:
        answer = one.expect(lambda m: m.code == 200)
        check(answer.get("call-id") == call_id, "out of order", answer)
    honest(lab, edge)


if __name__ == "__main__":
    main(globals())
