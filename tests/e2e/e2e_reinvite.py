#!/usr/bin/env python3
"""Proves that an offer inside a call passes the edge both ways with its
direction and its SRTP, and that one without SRTP does not."""

import edges
from harness import HOST, check, main
from pbxstub import Pbx
from sipclient import PLAIN_SDP, Dialog, Phone, offer, plain, unique

DOMAIN = "pbx.test"


def in_call(lab):
    """An edge, a PBX, a phone, and both ends of their call."""
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port, domain=DOMAIN).start()
    phone = Phone(lab, edge, "1001")
    pbx.accept_register(phone)
    request, answer = pbx.accept_invite(phone)
    phone_end = Dialog.of_caller(answer)
    phone.send(phone.inside(phone_end, "ACK", cseq=1))
    ack = pbx.expect("ACK")
    pbx_end = Dialog.of_called(request, ack.tag("to"))
    return edge, pbx, phone, phone_end, pbx_end


def pbx_inside(pbx, dialog, method, body="", cseq=None):
    """What the PBX writes inside the call."""
    dialog.cseq += 1
    text = "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s\r\n" % (
        method, dialog.target, HOST, pbx.port, unique())
    text += "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n" % (
        dialog.local, dialog.remote, dialog.call_id)
    text += "CSeq: %d %s\r\nContact: <sip:600@%s:%d>\r\n" % (
        cseq or dialog.cseq, method, HOST, pbx.port)
    text += "".join("Route: %s\r\n" % r for r in dialog.route)
    if body:
        text += "Content-Type: application/sdp\r\n"
    return text + "Content-Length: %d\r\n\r\n%s" % (len(body), body)


def scenario_hold_by_phone(lab):
    edge, pbx, phone, dialog, _ = in_call(lab)
    for version, mine, theirs in ((2, "sendonly", "recvonly"),
                                  (3, "sendrecv", "sendrecv")):
        phone.send(phone.inside(dialog, "INVITE", body=offer(
            9000, version) + "a=%s\r\n" % mine))
        request = pbx.expect("INVITE")
        body = request.body.decode()
        check("inline:" not in body and "RTP/AVP" in body,
              "the PBX was offered", body)
        check("a=" + mine in body or mine == "sendrecv", "direction", body)
        pbx.answer(request, 200, body=plain(9100, version) + "a=%s\r\n" %
                   theirs, headers="Contact: <sip:600@%s:%d>\r\n" % (
                       HOST, pbx.port))
        answer = phone.expect_final("INVITE")
        text = answer.body.decode()
        check(answer.code == 200 and "inline:" in text, "answer", answer)
        check("a=" + theirs in text or theirs == "sendrecv", "direction",
              text)
        phone.send(phone.inside(dialog, "ACK"))
        pbx.expect("ACK")


def scenario_hold_by_pbx(lab):
    edge, pbx, phone, _, dialog = in_call(lab)
    pbx.send(pbx_inside(pbx, dialog, "INVITE", plain(9100, 2) +
                        "a=sendonly\r\n"))
    request = phone.expect("INVITE")
    check("a=sendonly" in request.body.decode(), "direction", request)
    check(request.ruri.startswith("sip:1001@"), "target", request)
    phone.answer(request, 200, body=offer(9000, 2) + "a=recvonly\r\n",
                 headers="Contact: <%s>\r\n" % phone.contact)
    check("a=recvonly" in pbx.expect(200).body.decode(), "direction")
    pbx.send(pbx_inside(pbx, dialog, "ACK", cseq=dialog.cseq))
    phone.expect("ACK")
    pbx.send(pbx_inside(pbx, dialog, "BYE"))
    phone.answer(phone.expect("BYE"), 200)
    pbx.expect(200)
    edge.record(kind="call", verdict="end", reason="call-ended")


def scenario_plain_offer_in_call(lab):
    """A re-INVITE that would take the encryption away: 488, the call and its
    keys stay as they are."""
    edge, pbx, phone, dialog, pbx_end = in_call(lab)
    phone.send(phone.inside(dialog, "INVITE", body=PLAIN_SDP))
    answer = phone.expect_final("INVITE")
    check(answer.code == 488, "answered with", answer)
    edge.record(reason="plain-rtp", verdict="deny")
    check(sum(m.method == "INVITE" for m in pbx.drain()) == 1,
          "the PBX got the plain offer")
    # What the PBX does not speak by our settings is refused to it as well.
    pbx.send(pbx_inside(pbx, pbx_end, "INVITE", offer(9100, 2)))
    check(pbx.expect(488), "the phone was asked")
    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    check(phone.expect_final("BYE").code == 200, "BYE failed")


def scenario_stop_in_call(lab):
    """The edge takes the media with it when it stops: nobody stays in a call
    that is none any more, and the record has what was heard."""
    edge, pbx, phone, _, _ = in_call(lab)
    edge.stop()
    check("503" in pbx.expect("BYE").get("reason"), "no reason")
    check("503" in phone.expect("BYE").get("reason"), "no reason")
    record = edge.record(kind="call", verdict="end", reason="ended-by-stop")
    check("media" in record, "no figures in", record)


if __name__ == "__main__":
    main(globals())
