#!/usr/bin/env python3
"""Proves the product's sentence word by word: TLS 1.3, SRTP, dial rules,
emergency calls, limits, a record for each decision, tuned by reload."""

import ssl

import edges
from harness import Failure, check, main
from pbxstub import Pbx
from sipclient import PLAIN_SDP, Dialog, Phone

DOMAIN = "pbx.test"
RULES = """numbering = { country = "FR"; outside_prefix = "0";
  internal = [ "1xxx", "6xx" ]; };
dial = { office = ( { allow = [ "internal", "domestic", "toll-free" ]; },
                    { allow = [ "BE" ]; } ); };
groups = { staff = { users = [ "1001-1099" ]; dial = "office"; }; };
limits = { calls_per_user = "%s"; };
"""


def begin(lab, pace="30/min burst 20"):
    pbx = Pbx(lab)
    edge = edges.with_pbx(lab, pbx.port, RULES % pace, domain=DOMAIN).start()
    phone = Phone(lab, edge, "1001")
    pbx.accept_register(phone)
    return edge, pbx, phone


def passes(edge, pbx, phone, to, **wanted):
    """The PBX gets it as it was dialled and is busy; the record says why."""
    mark = edge.mark()
    phone.send(phone.invite_text(to, **wanted.pop("options", {})))
    request = pbx.expect("INVITE")
    check(request.ruri == "sip:%s@%s" % (to, DOMAIN), "the PBX got", request)
    pbx.answer(request, 486)
    pbx.expect("ACK")
    check(phone.expect_final("INVITE").code == 486, "no 486")
    edge.record(after=mark, kind="call", verdict="allow", **wanted)


def denied(edge, phone, to, code, **wanted):
    mark = edge.mark()
    phone.send(phone.invite_text(to, **wanted.pop("options", {})))
    answer = phone.expect_final("INVITE")
    check(answer.code == code, "answered with", answer)
    record = edge.record(after=mark, kind="call", verdict="deny", **wanted)
    return answer, record


def scenario_word_by_word(lab):
    edge, pbx, phone = begin(lab)
    try:
        Phone(lab, edge, "1002", least=ssl.TLSVersion.TLSv1_2,
              most=ssl.TLSVersion.TLSv1_2)
        raise Failure("TLS 1.2 was taken")
    except ssl.SSLError:
        edge.record(kind="connection", verdict="deny", reason="tls-version")
    denied(edge, phone, "601", 488, reason="plain-rtp",
           options={"body": PLAIN_SDP})
    passes(edge, pbx, phone, "601", **{"class": "internal"})
    passes(edge, pbx, phone, "00123456789", e164="+33123456789",
           country="FR")
    passes(edge, pbx, phone, "0003225551234", country="BE")
    answer, record = denied(edge, phone, "000881612345678", 403,
                            reason="dial-no-rule", **{"class": "satellite"})
    check("Q.850;cause=21" in answer.get("reason"), "no Reason", answer)
    check("record %d" % record["seq"] in answer.get("warning"),
          "the Warning does not name its record", answer, record)
    denied(edge, phone, "112345", 403, reason="number-unreadable")
    for number in ("112", "0112", "15"):
        passes(edge, pbx, phone, number, reason="emergency",
               **{"class": "emergency"})
    passes(edge, pbx, phone, "112", reason="emergency",
           options={"body": PLAIN_SDP})


def scenario_one_call_too_many(lab):
    edge, pbx, phone = begin(lab, "3/h burst 3")
    for _ in range(3):
        passes(edge, pbx, phone, "601")
    answer, _ = denied(edge, phone, "601", 480, reason="limit-calls")
    check(int(answer.get("retry-after")) > 0, "no Retry-After", answer)
    # An emergency is never one too many.
    passes(edge, pbx, phone, "112", reason="emergency")


def scenario_one_country_more(lab):
    """A reload changes the next call and drops none; a bad file changes
    nothing and says where."""
    edge, pbx, phone = begin(lab)
    _, answer = pbx.accept_invite(phone, phone.invite_text("601"))
    dialog = Dialog.of_caller(answer)
    phone.send(phone.inside(dialog, "ACK", cseq=1))
    pbx.expect("ACK")
    denied(edge, phone, "00041225551234", 403, reason="dial-no-rule")
    with open(edge.config, encoding="utf-8") as file:
        good = file.read()
    lab.write("rempart.conf", good.replace('"BE"', '"BE", "XX"'))
    record = edge.reload()
    check(record["reason"] == "reload-refused" and
          "rempart.conf:" in record["detail"], "the record is", record)
    lab.write("rempart.conf", good.replace('"BE"', '"BE", "CH"'))
    check(edge.reload()["reason"] == "reloaded", "refused")
    passes(edge, pbx, phone, "00041225551234", country="CH")
    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    check(phone.expect_final("BYE").code == 200, "the call is gone")


if __name__ == "__main__":
    main(globals())
