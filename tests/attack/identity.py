#!/usr/bin/env python3
"""Proves that a phone cannot be another phone, reach what it was not sent to,
enter somebody's call, or hand the PBX what only the edge may say."""

import edges
from harness import HOST, check, main
from pbxstub import Pbx
from sipclient import PLAIN_SDP, Dialog, Phone, offer, unique

DOMAIN = "pbx.test"
TRUSTED = ("P-Asserted-Identity", "P-Preferred-Identity", "Diversion",
           "History-Info", "X-Internal", "Remote-Party-ID")


def begin(lab):
    """An edge, a PBX, and two registered phones."""
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port, domain=DOMAIN).start()
    phones = [Phone(lab, edge, user) for user in ("1001", "1002")]
    for phone in phones:
        pbx.accept_register(phone)
    pbx.drain()
    pbx.seen.clear()
    return edge, pbx, phones


def refused(edge, phone, text, code, reason):
    """Only what the edge answers is waited for."""
    method = text.split(" ", 1)[0]
    phone.send(text)
    answer = phone.expect_final(method)
    check(answer.code == code, "answered with", answer)
    return edge.record(verdict="deny", reason=reason, code=code), answer


def nothing_reached(pbx, method):
    pbx.drain()
    check(not [m for m in pbx.seen if m.method == method],
          "the PBX got a", method)


def still_served(pbx, phone):
    """The next honest call."""
    _, answer = pbx.accept_invite(phone)
    check(answer.code == 200, "an honest call got", answer)
    dialog = Dialog.of_caller(answer)
    phone.send(phone.inside(dialog, "ACK", cseq=1))
    pbx.expect("ACK")
    return dialog


def scenario_plain_rtp(lab):
    """488 and a Warning that says what to switch on."""
    edge, pbx, (one, _) = begin(lab)
    _, answer = refused(edge, one, one.invite_text("600", body=PLAIN_SDP),
                        488, "plain-rtp")
    check("SRTP" in answer.get("warning"), "the Warning is", answer)
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_forged_token_in_target(lab):
    """Another phone's TOKEN is proof of nothing."""
    edge, pbx, (one, two) = begin(lab)
    for host in (DOMAIN, "%s:%d" % (HOST, edge.port)):
        text = one.request("INVITE", "sip:%s@%s" % (two.token, host),
                           body=offer())
        one.send(text)
        answer = one.expect_final("INVITE")
        check(answer.code == 403, "answered with", answer)
    edge.record(verdict="deny", reason="forged-token", code=403)
    nothing_reached(pbx, "INVITE")
    two.pump(0.2)
    check(not two.inbox, "the other phone was reached", two.inbox)
    still_served(pbx, one)


def scenario_forged_token_in_route(lab):
    edge, pbx, (one, two) = begin(lab)
    refused(edge, one, one.invite_text("600", headers="Route: <sip:%s@%s:%d;"
            "transport=tls;lr>\r\n" % (two.token, HOST, edge.port)),
            403, "forged-token")
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_foreign_route(lab):
    """The edge is no open relay, by Route ..."""
    edge, pbx, (one, _) = begin(lab)
    refused(edge, one, one.invite_text(
        "600", headers="Route: <sip:192.0.2.9;lr>\r\n"), 403,
        "foreign-route")
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_foreign_target(lab):
    """... nor by Request-URI."""
    edge, pbx, (one, _) = begin(lab)
    refused(edge, one, one.request("INVITE", "sip:600@192.0.2.9",
                                   body=offer()), 403, "foreign-target")
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_other_from(lab):
    """A registered phone that presents another user."""
    edge, pbx, (one, _) = begin(lab)
    refused(edge, one, one.invite_text(
        "600", from_="<sip:1002@%s>;tag=x" % DOMAIN), 403,
        "from-not-registered")
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_unregistered(lab):
    """ES2021-07, ES2021-08: MESSAGE and SUBSCRIBE need what INVITE needs."""
    edge, pbx, (one, _) = begin(lab)
    stranger = Phone(lab, edge, "1003")
    for method, kind in (("MESSAGE", "message"), ("SUBSCRIBE", "message"),
                         ("INVITE", "call"), ("PUBLISH", "message"),
                         ("NOTIFY", "message"), ("REFER", "message")):
        stranger.send(stranger.request(
            method, "sip:1001@" + DOMAIN,
            headers="Event: presence\r\nExpires: 60\r\n"))
        answer = stranger.expect_final(method)
        check(answer.code == 403, "answered with", answer)
        edge.record(verdict="deny", reason="register-first", kind=kind)
        nothing_reached(pbx, method)
    still_served(pbx, one)


def scenario_forged_to_tag(lab):
    """A To-tag does not make it in-dialog: 481, past no check."""
    edge, pbx, (one, _) = begin(lab)
    refused(edge, one, one.invite_text("600", to="<sip:600@%s>;tag=forged" %
                                       DOMAIN), 481, "unknown-dialog")
    nothing_reached(pbx, "INVITE")
    still_served(pbx, one)


def scenario_forged_proof(lab):
    """One bit of the proof in Route changed."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    check(dialog.route, "no Record-Route of the edge")
    good = dialog.route[0]
    at = good.index("@") - 4
    bad = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1:]
    refused(edge, one, one.inside(dialog, "BYE",
                                  route=[bad] + dialog.route[1:]),
            403, "dialog-proof")
    nothing_reached(pbx, "BYE")
    one.send(one.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    check(one.expect_final("BYE").code == 200, "the honest BYE failed")
    edge.record(kind="call", verdict="end", reason="call-ended")


def scenario_other_target_in_dialog(lab):
    """A re-INVITE with another Request-URI would be a call past the dial
    policy."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    pbx.drain()
    pbx.seen.clear()
    refused(edge, one, one.inside(dialog, "INVITE",
                                  ruri="sip:0900123@%s:%d" % (HOST,
                                                              pbx.port)),
            403, "dialog-target")
    nothing_reached(pbx, "INVITE")


def scenario_other_route_in_dialog(lab):
    """The proof, and below it a Route of the attacker's own."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    refused(edge, one, one.inside(dialog, "BYE", route=dialog.route +
                                  ["<sip:192.0.2.9;lr>"]),
            403, "dialog-route")
    nothing_reached(pbx, "BYE")


def scenario_anothers_proof(lab):
    """All that an eavesdropper could know of a call, sent by another phone:
    it does not end it."""
    edge, pbx, (one, two) = begin(lab)
    dialog = still_served(pbx, one)
    refused(edge, two, two.inside(dialog, "BYE"), 403,
            "dialog-not-this-connection")
    nothing_reached(pbx, "BYE")
    one.send(one.inside(dialog, "BYE", cseq=200))
    pbx.answer(pbx.expect("BYE"), 200)
    check(one.expect_final("BYE").code == 200, "the honest BYE failed")


def scenario_anothers_cancel(lab):
    """A CANCEL that copies somebody's INVITE ends nothing."""
    edge, pbx, (one, two) = begin(lab)
    branch, tag, call_id = ("z9hG4bK" + unique(), unique("f"), unique("i"))
    same = {"branch": branch, "call_id": call_id,
            "from_": "<sip:1001@%s>;tag=%s" % (DOMAIN, tag)}
    one.send(one.invite_text("600", **same))
    invite = pbx.expect("INVITE")
    pbx.answer(invite, 180)
    one.expect(180)
    text = one.request("CANCEL", "sip:600@" + DOMAIN, contact=False, **same)
    refused(edge, two, text, 481, "unknown-transaction")
    nothing_reached(pbx, "CANCEL")
    one.send(text)
    pbx.answer(pbx.expect("CANCEL"), 200)
    pbx.answer(invite, 487)
    check(one.expect_final("INVITE").code == 487, "the honest CANCEL failed")


def scenario_smuggling(lab):
    """ES2020-01: a header that only the edge may write is recognised however
    it is written: spaces, case, folding. None reaches the PBX."""
    edge, pbx, (one, _) = begin(lab)
    shapes = ("%s: <sip:boss@x>", "%s : <sip:boss@x>", "%s\t: <sip:boss@x>",
              "%s:\r\n <sip:boss@x>", "%s \t :<sip:boss@x>")
    for name in TRUSTED:
        for shape in shapes:
            for shown in (name, name.upper(), name.lower()):
                try_to_smuggle(pbx, one, shape % shown)
    for line in ("A: b\r\n P-Asserted-Identity: <sip:boss@x>",
                 " P-Asserted-Identity: <sip:boss@x>"):
        try_to_smuggle(pbx, one, "Subject: x\r\n" + line)
    pbx.drain()
    check(len(pbx.seen) > 20, "hardly anything came through")
    for message in pbx.seen:
        for header, value in message.headers:
            check(header not in [n.lower() for n in TRUSTED],
                  "the PBX got", header, value)
    still_served(pbx, one)


def try_to_smuggle(pbx, phone, line):
    """It may be refused, or forwarded without the line."""
    phone.send(phone.request("MESSAGE", "sip:600@" + DOMAIN,
                             headers=line + "\r\n", type="text/plain",
                             body="x"))
    while True:
        pbx.pump(0.02)
        while pbx.inbox:
            pbx.answer(pbx.inbox.pop(0), 200)
        phone.pump(0.02)
        if phone.inbox:
            answer = phone.inbox.pop(0)
            check(answer.code in (200, 400), "answered with", answer)
            return


def scenario_stranger_on_the_pbx_side(lab):
    """Datagrams that do not come from the PBX's address and port: no phone
    rings, no answer is given."""
    edge, pbx, (one, _) = begin(lab)
    stranger = Pbx(lab)
    stranger.edge_address = (HOST, edge.local)
    stranger.send("INVITE sip:%s@%s:%d SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bKs1\r\n"
                  "Max-Forwards: 70\r\nFrom: <sip:x@y>;tag=s\r\n"
                  "To: <sip:1001@y>\r\nCall-ID: s\r\nCSeq: 1 INVITE\r\n"
                  "Contact: <sip:x@y>\r\nContent-Length: 0\r\n\r\n" % (
                      one.token, HOST, edge.local, HOST, stranger.port))
    edge.record(verdict="drop", reason="not-upstream",
                source="%s:%d" % (HOST, stranger.port))
    check(not stranger.drain(), "the stranger was answered", stranger.seen)
    one.pump(0.1)
    check(not one.inbox, "the phone was reached", one.inbox)
    still_served(pbx, one)


def scenario_response_from_a_stranger(lab):
    """A 200 to the phone's own INVITE, sent by a stranger, is not taken."""
    edge, pbx, (one, _) = begin(lab)
    one.send(one.invite_text("600"))
    invite = pbx.expect("INVITE")
    stranger = Pbx(lab)
    stranger.edge_address = (HOST, edge.local)
    stranger.answer(invite, 200, "OK", body=PLAIN_SDP,
                    headers="Contact: <sip:evil@192.0.2.9>\r\n")
    edge.record(verdict="drop", reason="not-upstream")
    pbx.answer(invite, 486)
    check(one.expect_final("INVITE").code == 486, "the stranger answered")


if __name__ == "__main__":
    main(globals())
