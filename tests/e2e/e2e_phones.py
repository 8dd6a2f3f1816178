#!/usr/bin/env python3
"""Proves that real phones hear each other through the relay with each SRTP
suite that they have, and hear themselves at the echo number: SRTP on one side,
and behind a real PBX a real phone that has never heard of it."""

import math
import os
import re
import time
from types import SimpleNamespace

import e2e_call
import edges
import tone
from baresip import TONE_HZ, Baresip
from e2e_reinvite import pbx_inside
from harness import HOST, Process, check, main, wait_until
from kamailio import DOMAIN, Kamailio
from mediacall import Sdp, Site, change, sdp
from rtpclient import (AES_32, AES_80, GCM, GCM_256, SAMPLES, End, linear,
                       ulaw)
from sipclient import Dialog, unique

STUB_HZ = 600


class Inside(Baresip):
    """A phone of the PBX's own network: UDP and RTP, and no edge."""

    def write_account(self, secret, options):
        text = "<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s" % (
            self.user, self.edge.domain, self.user, secret)
        text += ";outbound=\"sip:%s:%d;transport=udp\"" % (HOST,
                                                           self.edge.port)
        self.write("accounts", text + ";audio_codecs=pcmu/8000/1;"
                   "regint=600\n")
        self.write("contacts", "")


def outside_and_inside(lab, suite=None):
    """suite: that one alone."""
    pbx = Kamailio(lab)
    edge = edges.with_pbx(lab, pbx.port, domain=DOMAIN)
    if suite:
        change(edge, "media = { ", "media = { suites = [ \"%s\" ];\n" % suite)
    edge.start()
    way = SimpleNamespace(ca=edge.ca, domain=DOMAIN, port=pbx.port)
    return (edge, e2e_call.phone(lab, edge, "1001"),
            Inside(lab, way, "1002", edges.password("1002")).registered())


def speaks(phone, suite):
    check(b"cryptosuite=" + suite.encode() in phone.process.output(),
          "the phone has another suite than", suite)


def ended(edge, at, suite):
    """The record of the end tells of both sides."""
    record = edge.record(at, kind="call", verdict="end", reason="call-ended")
    check(record["srtp"]["phone"] == suite, "recorded as", record)
    for leg in record["media"].values():
        check(not leg["packets"] or leg["mos_x100"] > 300, "heard", leg)
    return record


def called_with(lab, suite):
    """A phone inside calls one outside, which is offered this suite alone;
    both hear the other's tone."""
    edge, outside, inside = outside_and_inside(lab, suite)
    at = edge.mark()
    e2e_call.call(inside, outside)
    e2e_call.both_hear(inside, outside)
    speaks(outside, suite)
    mark = outside.mark()
    inside.hangup()
    outside.wait("CALL_CLOSED", mark)
    check(ended(edge, at, suite)["srtp"]["upstream"] == "clear", "SRTP")


def scenario_aes_cm_128_80(lab):
    called_with(lab, AES_80)


def scenario_aes_cm_128_32(lab):
    called_with(lab, AES_32)


def scenario_aead_aes_128_gcm(lab):
    called_with(lab, GCM)


def scenario_aead_aes_256_gcm(lab):
    called_with(lab, GCM_256)


def scenario_outside_calls_inside(lab):
    """With the suites of the default: baresip 1.0.0 offers the oldest."""
    edge, outside, inside = outside_and_inside(lab)
    at = edge.mark()
    e2e_call.call(outside, inside)
    e2e_call.both_hear(inside, outside)
    mark = inside.mark()
    outside.hangup()
    inside.wait("CALL_CLOSED", mark)
    check(ended(edge, at, AES_80)["srtp"]["upstream"] == "clear", "SRTP")


def hears_itself(phone):
    old = e2e_call.lengths(phone)

    def heard():
        return any(length >= old.get(path, 0) + tone.WINDOW and
                   tone.hears(path, TONE_HZ[phone.user])
                   for path, length in e2e_call.lengths(phone).items())
    wait_until(heard, "%s to hear itself" % phone.name)


def scenario_echo(lab):
    """A phone hears its own tone. What comes after a hold of its own is not
    asked: see e2e_call.py."""
    edge = edges.with_registrar(lab, 'echo = "*43";').start()
    phone = e2e_call.phone(lab, edge, "1001")
    at = edge.mark()
    phone.dial("*43")
    phone.wait("CALL_ESTABLISHED")
    hears_itself(phone)
    phone.hangup()
    check(ended(edge, at, AES_80)["media"]["phone"]["packets"] > 10, "heard")


def scenario_sipp_behind_kamailio(lab):
    """Kamailio sends a call on to SIPp, which speaks plain RTP and plays back
    what it hears: the phone hears its own tone through both."""
    port, media = lab.ports.take(), edges.media_ports(lab, 4)
    scenario = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            "sipp-uas.xml")
    sipp = Process(lab, "sipp", ["sipp", "-sf", scenario, "-i", HOST, "-p",
                                 str(port), "-mi", HOST, "-mp", str(media),
                                 "-rtp_echo", "-m", "1", "-nostdin"])
    pbx = Kamailio(lab, outside=port)
    edge = edges.with_pbx(lab, pbx.port, domain=DOMAIN).start()
    phone = e2e_call.phone(lab, edge, "1001")
    at = edge.mark()
    phone.dial("600")
    phone.wait("CALL_ESTABLISHED")
    hears_itself(phone)
    phone.hangup()
    record = ended(edge, at, AES_80)
    check(record["srtp"]["upstream"] == "clear" and
          record["media"]["upstream"]["packets"] > 10, "recorded as", record)
    wait_until(lambda: not sipp.running(), "SIPp to be done")


# ---- a real phone and the stub's own tone

class Stub:
    """The PBX stub calls a real phone, and plays a tone of its own to it."""

    def __init__(self, lab, site):
        self.pbx, self.edge = site.pbx, site.edge
        self.line, self.version = End(lab), 1
        self.phone = Baresip(lab, self.edge, "1001", "any")
        request = self.pbx.expect("REGISTER")
        self.pbx.answer(request, 200, "OK", headers="Contact: %s;"
                        "expires=600\r\n" % request.get("contact"))
        self.phone.registered()
        token = re.search(r"sip:([^@]+)@", request.get("contact")).group(1)
        self.dialog = Dialog(
            unique("q"), "<sip:600@pbx.test>;tag=" + unique("g"),
            "<sip:1001@pbx.test>", "sip:%s@%s:%d" % (token, HOST,
                                                     self.edge.local), [])

    def invite(self, direction="sendrecv"):
        self.pbx.send(pbx_inside(self.pbx, self.dialog, "INVITE", sdp(
            self.line, version=self.version, direction=direction)))
        self.version += 1
        if self.version == 2:
            self.phone.wait("CALL_INCOMING")
            self.phone.accept()
        answer = self.pbx.expect(200)
        Sdp(answer).aim(self.line)
        if self.version == 2:
            self.dialog.remote = answer.get("to")
            self.dialog.target = answer.contact_uri()
            self.dialog.route = Dialog.of_caller(answer).route
        self.pbx.send(pbx_inside(self.pbx, self.dialog, "ACK",
                                 cseq=self.dialog.cseq))

    def play(self):
        """The next 20 ms."""
        first = self.line.timestamp
        self.line.send(bytes(ulaw(int(12000 * math.sin(
            2 * math.pi * STUB_HZ * (first + i) / tone.RATE_HZ)))
            for i in range(SAMPLES)))
        time.sleep(SAMPLES / tone.RATE_HZ)

    def hears(self, phone_too=True):
        """The phone's tone, from now on; phone_too: and the phone ours. A
        packet in 20 ms, as a phone would."""
        old, heard = e2e_call.lengths(self.phone), []
        while self.line.pump(self.line.rtp, 0):
            self.line.waiting[False].clear()

        def at_phone():
            return any(length >= old.get(path, 0) + tone.WINDOW and
                       tone.hears(path, STUB_HZ) for path, length in
                       e2e_call.lengths(self.phone).items())

        def there():
            self.play()
            while self.line.pump(self.line.rtp, 0):
                heard.extend(linear(b) for b in
                             self.line.waiting[False].pop().payload)
            last = heard[-tone.WINDOW:]
            return (len(last) == tone.WINDOW and tone.share(
                last, TONE_HZ["1001"]) > 0.8 and
                (at_phone() or not phone_too))
        wait_until(there, "the tones")


def scenario_held_by_pbx(lab):
    """Held and resumed by the PBX: the phone's tone comes back. Whether it
    hears the PBX's again is not asked: baresip 1.0.0 does not, also without
    an edge."""
    site = Site(lab, "openssl").start()
    stub = Stub(lab, site)
    at = site.edge.mark()
    stub.invite()
    stub.hears()
    for _ in range(2):
        stub.invite("sendonly")
        stub.invite("sendrecv")
        stub.hears(phone_too=False)
    stub.phone.hangup()
    site.pbx.answer(site.pbx.expect("BYE"), 200)
    ended(site.edge, at, AES_80)


if __name__ == "__main__":
    main(globals())
