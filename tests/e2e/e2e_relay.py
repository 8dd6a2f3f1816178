#!/usr/bin/env python3
"""Proves what a site makes of the relay: SRTP to the PBX, one port for all,
emergency calls in clear, the echo number, the end of silent calls, too few
ports; and what the records tell of a call's audio. With each of the engines.

each: openssl libsrtp2
"""

import re

import e2e_ctl
import edges
from e2e_reinvite import pbx_inside
from harness import HOST, check, main, matches, wait_until
from mediacall import Call, Site, change, media_text, sdp
from rtpclient import (AES_80, GCM, GCM_256, SR, End, Key, say, sender_report,
                       talk, talk_full)
from sipclient import Dialog, Phone

NUMBERING = 'numbering = { country = "FR"; internal = [ "6xx", "1xxx" ]; };\n'


def ports_of(edge, key):
    """First and last, as its configuration has them."""
    with open(edge.config, encoding="utf-8") as file:
        found = re.search(key + r' = "(\d+)-(\d+)"', file.read())
    return int(found.group(1)), int(found.group(2))


# ---- the PBX's side

def scenario_srtp_to_the_pbx(lab, engine):
    """upstream.srtp = "required": each side has keys of its own, and may have
    another suite; RTP in clear is refused."""
    site = Site(lab, engine, srtp=True).start()
    site.edge.process.wait_output("keys_in_clear")  # the warning
    phone = site.phone()
    for ours, theirs in ((AES_80, GCM), (GCM_256, AES_80), (GCM, GCM)):
        call = Call(site, phone, keys=(Key(ours),))
        call.pbx_keys = (Key(theirs),)
        call.made()
        check(all(k.bytes != call.ear.own.bytes and
                  k.bytes != call.ear.theirs.bytes
                  for k in call.offered.keys), "one key for both sides")
        talk_full(call.ear, call.line, 40)
        record = call.hang_up()
        check(record["srtp"] == {"phone": ours, "upstream": theirs},
              "recorded as", record)
    call = Call(site, phone).invite()
    site.pbx.answer(call.request, 200, "OK", body=call.pbx_body(keys=()),
                    headers=call.contact())
    check(phone.expect_final("INVITE").code == 488, "RTP was taken")
    site.pbx.expect("ACK")
    site.pbx.answer(site.pbx.expect("BYE"), 200)
    site.edge.record(reason="answer-without-srtp")
    call = Call(site, phone).called()
    talk(call.ear, call.line)
    call.hang_up()


def scenario_one_port(lab, engine):
    """media.upstream.mode = "single": calls are told apart by the signalled
    address. Two of its calls cannot be joined, and are told so."""
    site = Site(lab, engine)
    change(site.edge, "upstream = { ports", "upstream = { mode = \"single\"; "
           "ports")
    site.start()
    one = Call(site, site.phone("1001")).made()
    two = Call(site, site.phone("1002"), keys=(Key(GCM),)).made()
    check(one.line.to == two.line.to, "two ports", one.line.to, two.line.to)
    for _ in range(3):
        talk(one.ear, one.line)
        talk(two.ear, two.line)
    two.line.send_rtcp(sender_report(two.line.ssrc))
    check(two.ear.hear_rtcp()[0][0] == SR, "no SR")
    one.line.move()
    one.pbx_again()
    talk(one.ear, one.line)
    site.pbx.send(pbx_inside(site.pbx, one.pbx_dialog, "INVITE", sdp(
        one.line, host=two.offered.host, port=two.offered.port)))
    check(site.pbx.expect(488), "joined")
    site.edge.record(reason="direct-media-single-port", code=488)
    talk(one.ear, one.line)
    one.hang_up()
    two.hang_up()


def scenario_ports_used_up(lab, engine):
    """Two pairs: a third call is refused with the reason, the two go on; then
    there is room again."""
    site = Site(lab, engine)
    first, last = ports_of(site.edge, "upstream = { ports")
    change(site.edge, "\"%d-%d\"" % (first, last), "\"%d-%d\"" % (
        first, first + 3))
    site.start()
    phone = site.phone()
    calls = [Call(site, phone).made() for _ in range(2)]
    refused = Call(site, phone)
    phone.send(phone.invite_text("600", body=refused.body()))
    check(phone.expect_final("INVITE").code == 503, "a third call")
    site.edge.record(reason="media-ports-exhausted", code=503)
    for call in calls:
        talk(call.ear, call.line)
    calls[0].hang_up()
    third = Call(site, phone).made()
    talk(third.ear, third.line)
    talk(calls[1].ear, calls[1].line)
    third.hang_up()
    calls[1].hang_up()


# ---- emergency

def scenario_emergency_in_clear(lab, engine):
    """112 from a phone without SRTP: a port of its own in clear, heard from
    the phone's address alone, whose first packet fixes the port."""
    site = Site(lab, engine, more=NUMBERING).start()
    phone = site.phone()
    call = Call(site, phone, keys=()).made("112")
    first, last = ports_of(site.edge, "emergency_ports")
    check(first <= call.ear.to[1] < last, "the phone is told", call.seen.text)
    strangers = [End(lab, "127.0.0.2"), End(lab)]
    for end in strangers:
        end.to, end.to_rtcp = call.ear.to, call.ear.to_rtcp
    strangers[0].send()
    talk(call.ear, call.line)
    strangers[0].send()
    strangers[1].send()
    strangers[0].send_rtcp(sender_report(call.ear.ssrc))
    call.ear.send_rtcp(sender_report(call.ear.ssrc))
    check(call.line.hear_rtcp()[0][0] == SR, "no SR")
    talk(call.ear, call.line)
    call.line.heard_nothing()
    for end in strangers:
        end.heard_nothing()
    record = call.hang_up()
    check(record["srtp"] == {"phone": "clear", "upstream": "clear"},
          "recorded as", record)
    call = Call(site, phone).made("112")
    check(call.ear.to[1] not in range(first, last + 1), "SRTP in clear",
          call.seen.text)
    talk(call.ear, call.line)
    check(call.hang_up()["srtp"]["phone"] == AES_80, "not SRTP")
    phone.send(phone.invite_text("600", body=Call(site, phone,
                                                  keys=()).body()))
    check(phone.expect_final("INVITE").code == 488, "RTP for others")
    site.edge.record(reason="plain-rtp")


# ---- echo

def scenario_echo(lab, engine):
    """The edge plays back what it hears, for a registered phone alone."""
    edge = edges.with_registrar(lab, 'echo = "*43";')
    media_text(edge, engine)
    edge.start()
    phone = Phone(lab, edge, "1001", secret=edges.password("1001"))
    phone.send(phone.invite_text("*43"))
    check(phone.expect_final("INVITE").code == 403, "not registered, served")
    phone.register()
    for suite in (AES_80, GCM_256):
        call = EchoCall(edge, phone, Key(suite))
        for _ in range(2):
            say(call.ear, call.ear, 20)
            call.ear.ssrc += 1
        call.ear.move()
        call.again()
        say(call.ear, call.ear)
        call.again("sendonly")
        call.again()
        say(call.ear, call.ear)
        record = call.hang_up()
        check(record["srtp"]["phone"] == suite and
              record["media"]["phone"]["packets"] >= 50, "recorded", record)


class EchoCall(Call):
    """There is no other end."""

    def __init__(self, edge, phone, key):
        self.edge, self.phone, self.keys, self.version = edge, phone, [key], 1
        self.options, self.at = {}, edge.mark()
        self.ear = End(edge.lab)
        phone.send(phone.invite_text("*43", body=self.body()))
        answer = self.take()
        self.dialog = Dialog.of_caller(answer)
        phone.send(phone.inside(self.dialog, "ACK", cseq=1))

    def take(self):
        answer = self.phone.expect_final("INVITE")
        check(answer.code == 200, "no echo:", answer)
        self.seen = self.phone_sees(answer)
        return answer

    def again(self, direction="sendrecv"):
        self.version += 1
        self.phone.send(self.phone.inside(
            self.dialog, "INVITE", body=self.body(direction=direction)))
        self.take()
        self.phone.send(self.phone.inside(self.dialog, "ACK"))

    def hang_up(self):
        self.phone.send(self.phone.inside(self.dialog, "BYE"))
        check(self.phone.expect_final("BYE").code == 200, "BYE failed")
        return self.end_record(reason="call-ended")


# ---- what is told

def scenario_quality(lab, engine):
    """Every tenth packet of the phone is lost: the record says so of that leg
    and not of the other."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).made()
    for i in range(200):
        if i % 10 == 5:
            call.ear.skip()
        else:
            say(call.ear, call.line, 1)
            say(call.line, call.ear, 1)
    media = call.hang_up()["media"]
    check(media["phone"]["packets"] == 180 and media["phone"]["lost"] == 20,
          "of the phone:", media)
    check(media["upstream"]["packets"] == 180 and
          media["upstream"]["lost"] == 0, "of the PBX:", media)
    check(100 <= media["phone"]["mos_x100"] <
          media["upstream"]["mos_x100"] <= 450, "MOS:", media)


def speak_until(edge, send, **wanted):
    """One packet in 20 ms till there is such a record: it is made of what
    comes over three seconds."""
    def told():
        send()
        return [r for r in edge.records() if matches(r, wanted)]
    return wait_until(told, wanted)[0]


def scenario_wrong_key(lab, engine):
    """A phone that encrypts with another key than it said: nothing is heard,
    and the record names the likely mistake."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).made()
    call.ear.keys(Key(), call.seen.keys[0])
    record = speak_until(site.edge, call.ear.send,
                         reason="media-not-authentic")
    check(record["kind"] == "media" and record["call_id"] ==
          call.dialog.call_id and record["source"] ==
          "%s:%d" % (HOST, call.ear.port) and
          "media.suites" in record["detail"], "recorded as", record)
    call.ear.keys(call.keys[0], call.seen.keys[0])
    say(call.ear, call.line)
    call.hang_up()


def scenario_other_address(lab, engine):
    """A PBX that sends from another host than its SDP says: not heard, and
    the record names that host."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).made()
    other = End(lab, "127.0.0.3")
    other.to = call.line.to
    record = speak_until(site.edge, other.send, reason="media-other-address")
    check(record["source"] == "127.0.0.3:%d" % other.port and
          "127.0.0.3" in record["detail"], "recorded as", record)
    talk(call.ear, call.line)
    call.ear.heard_nothing()
    check(call.hang_up()["media"]["upstream"]["packets"] == 5, "counted")


def scenario_silence(lab, engine):
    """media.timeout_s: an answered call without media ends with BYE to both,
    one that is held does not until it is resumed."""
    site = Site(lab, engine, "timeout_s = 2;").start()
    phone = site.phone()
    held = Call(site, phone).made()
    talk(held.ear, held.line)
    held.again("sendonly")
    for last in (False, False, True):
        call = held if last else Call(site, phone).made()
        if last:
            held.again()
        talk(call.ear, call.line)
        at_pbx, at_phone = site.pbx.expect("BYE"), phone.expect("BYE")
        for bye in (at_pbx, at_phone):
            check(bye.get("call-id") == call.dialog.call_id and
                  "no media" in bye.get("reason"), "the BYE is", bye)
        site.pbx.answer(at_pbx, 200)
        phone.answer(at_phone, 200)
        record = call.end_record(reason="media-timeout")
        check(record["media"]["phone"]["packets"] >= 5, "recorded", record)
        check(len(e2e_ctl.rows(site.edge, "calls")) == (not last),
              "calls that are left")


if __name__ == "__main__":
    main(globals())
