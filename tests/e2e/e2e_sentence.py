#!/usr/bin/env python3
"""Proves the product's sentence word by word: TLS 1.3, SRTP, dial rules,
emergency calls, limits, a record for each decision, tuned by reload. At the
end of each scenario the harness has `rempart log verify` say that the log is
whole.

each: stub kamailio
"""

import ssl

import edges
from harness import HOST, Failure, check, main
from kamailio import DOMAIN, Kamailio
from pbxstub import Pbx
from sipclient import PLAIN_SDP, Dialog, Phone, digest, offer, unique

RULES = """numbering = { country = "FR"; outside_prefix = "0";
  internal = [ "1xxx", "6xx" ]; };
dial = { office = ( { allow = [ "internal", "domestic", "toll-free" ]; },
                    { allow = [ "BE" ]; } ); };
groups = { staff = { users = [ "1001-1099" ]; dial = "office"; }; };
limits = { calls_per_user = "%s"; };
"""
HOME, ABROAD = '"domestic"', '"BE"'  # what tells the lines of these rules


class House:
    """The edge, the PBX behind it, the far end to which the PBX sends what
    is dialled outside, a phone, and 1002 whom it calls. The stub is its own
    far end, and its own 1002."""

    def __init__(self, lab, kind, pace="30/min burst 20"):
        self.far = self.pbx = self.called = Pbx(lab)
        if kind == "kamailio":
            self.pbx = Kamailio(lab, outside=self.far.port)
        self.edge = edges.with_pbx(lab, self.pbx.port, RULES % pace,
                                   domain=DOMAIN).start()
        if kind == "kamailio":
            self.phone, self.called = (
                Phone(lab, self.edge, user, secret=edges.password(user))
                .register("MD5") for user in ("1001", "1002"))
        else:
            self.phone = Phone(lab, self.edge, "1001")
            self.pbx.accept_register(self.phone)

    def rule(self, name, text):
        """As a record names the rule on the line with this text."""
        with open(self.edge.config, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if text in line:
                    return "%s %s:%d" % (name, self.edge.config, number)
        raise Failure("the rules have no %r" % text)

    def dial(self, to, **options):
        """As a phone does, with a password when the PBX asks for it.
        Returns the refusal that came instead, if any."""
        phone = self.phone
        options.update(call_id=unique("i"), tag=unique("f"))
        phone.send(phone.invite_text(to, **options))
        if not phone.secret:  # the stub never asks
            return None
        answer = phone.expect_final("INVITE")
        if answer.code != 407:
            return answer
        phone.send(phone.invite_text(
            to, cseq=2, headers="Proxy-Authorization: %s\r\n" % digest(
                answer.get("proxy-authenticate"), "INVITE", uri(to),
                phone.user, phone.secret), **options))
        return None


def uri(to):
    return "sip:%s@%s" % (to, DOMAIN)


def passes(house, to, sdp=None, **wanted):
    """The far end gets it as it was dialled and is busy; the record says
    by which rule it passed."""
    mark = house.edge.mark()
    refusal = house.dial(to, body=sdp or offer())
    check(not refusal, "refused with", refusal)
    request = house.far.expect("INVITE")
    check(request.ruri == uri(to), "the far end got", request)
    house.far.answer(request, 486)
    house.far.expect("ACK")
    check(house.phone.expect_final("INVITE").code == 486, "no 486")
    record = house.edge.record(after=mark, kind="call", verdict="allow",
                               **wanted)
    check("rempart.conf:" in record.get("rule", ""), "no rule in", record)


def denied(house, to, code, sdp=None, **wanted):
    """The answer; it names the record that says why."""
    mark = house.edge.mark()
    answer = (house.dial(to, body=sdp or offer()) or
              house.phone.expect_final("INVITE"))
    check(answer.code == code, "answered with", answer)
    record = house.edge.record(after=mark, kind="call", verdict="deny",
                               code=code, **wanted)
    check("(record %d)" % record["seq"] in answer.get("warning"),
          "the Warning does not name its record", answer, record)
    return answer


def talks(house):
    """A call of 1002, answered there; the caller's end of it."""
    mark = house.edge.mark()
    check(not house.dial("1002"), "refused")
    called = house.called
    request = called.expect("INVITE")
    # Towards the PBX it may be plain: that is the operator's choice.
    secure = "RTP/SAVP" in request.body.decode()
    check(secure or called is house.pbx, "1002 was offered", request)
    called.answer(request, 200, "OK", tag=unique("t"),
                  body=offer(9100) if secure else PLAIN_SDP,
                  headers="Contact: <sip:1002@%s:%d>\r\n" % (HOST,
                                                            called.port))
    answer = house.phone.expect_final("INVITE")
    check(answer.code == 200 and b"RTP/SAVP" in answer.body,
          "1001 was answered", answer)
    dialog = Dialog.of_caller(answer)
    house.phone.send(house.phone.inside(dialog, "ACK",
                                        cseq=answer.cseq()[0]))
    called.expect("ACK")
    house.edge.record(after=mark, kind="call", verdict="allow", reason="ok",
                      user="1001", rule=house.rule("dial.office rule 1", HOME),
                      srtp=lambda srtp: srtp and srtp["phone"].startswith(
                          "AES_CM_128"))
    return dialog


def hangs_up(house, dialog):
    mark = house.edge.mark()
    house.phone.send(house.phone.inside(dialog, "BYE"))
    house.called.answer(house.called.expect("BYE"), 200)
    check(house.phone.expect_final("BYE").code == 200, "the call is gone")
    house.edge.record(after=mark, kind="call", verdict="end",
                      reason="call-ended")


def only_tls_1_3(lab, house):
    try:
        Phone(lab, house.edge, "1002", least=ssl.TLSVersion.TLSv1_2,
              most=ssl.TLSVersion.TLSv1_2)
        raise Failure("TLS 1.2 was taken")
    except ssl.SSLError:
        house.edge.record(kind="connection", verdict="deny",
                          reason="tls-version")
    house.edge.record(kind="register", verdict="allow", user="1001",
                      tls=lambda tls: tls and tls.startswith("TLSv1.3"))


def scenario_word_by_word(lab, kind):
    house = House(lab, kind)
    only_tls_1_3(lab, house)
    denied(house, "602", 488, sdp=PLAIN_SDP, reason="plain-rtp")
    hangs_up(house, talks(house))
    home = {"reason": "ok", "rule": house.rule("dial.office rule 1", HOME)}
    passes(house, "601", **home, **{"class": "internal"})
    passes(house, "00123456789", **home, e164="+33123456789", country="FR")
    passes(house, "0003225551234", reason="ok", country="BE",
           rule=house.rule("dial.office rule 2", ABROAD))
    for number, wanted in (
            ("000881612345678", {"e164": "+881612345678",
                                 "class": "satellite"}),
            ("00018765230123", {"e164": "+18765230123", "country": "JM"})):
        answer = denied(house, number, 403, reason="dial-no-rule",
                        rule=house.rule("dial.office", HOME), **wanted)
        check("Q.850;cause=21" in answer.get("reason"), "no Reason", answer)
    denied(house, "112345", 403, reason="number-unreadable")
    urgent = {"reason": "emergency", "class": "emergency"}
    for number in ("112", "0112", "15"):
        passes(house, number, **urgent)
    passes(house, "18", sdp=PLAIN_SDP, **urgent)
    # As dialled, and nothing of what was denied.
    check(house.pbx.invited() == {uri(to) for to in (
        "1002", "601", "00123456789", "0003225551234", "112", "0112", "15",
        "18")}, "the PBX got", house.pbx.invited())


def scenario_one_call_too_many(lab, kind):
    house = House(lab, kind, "3/h burst 3")
    for _ in range(3):
        passes(house, "601")
    answer = denied(house, "602", 480, reason="limit-calls",
                    detail=lambda text: "limits.calls_per_user" in text)
    check(int(answer.get("retry-after") or 0) > 0, "no Retry-After", answer)
    # An emergency is never one too many.
    passes(house, "112", reason="emergency")
    check(house.pbx.invited() == {uri("601"), uri("112")}, "the PBX got",
          house.pbx.invited())


def scenario_one_country_more(lab, kind):
    """A reload changes the next call and drops none; a bad file changes
    nothing and says where."""
    house = House(lab, kind)
    edge = house.edge
    dialog = talks(house)
    denied(house, "00041225551234", 403, reason="dial-no-rule")
    with open(edge.config, encoding="utf-8") as file:
        good = file.read()
    lab.write("rempart.conf", good.replace('"BE"', '"BE", "XX"'))
    record = edge.reload()
    check(record["reason"] == "reload-refused" and
          "rempart.conf:" in record["detail"], "the record is", record)
    lab.write("rempart.conf", good.replace('"BE"', '"BE", "CH"'))
    check(edge.reload()["reason"] == "reloaded", "refused")
    passes(house, "00041225551234", country="CH",
           rule=house.rule("dial.office rule 2", ABROAD))
    hangs_up(house, dialog)


if __name__ == "__main__":
    main(globals())
