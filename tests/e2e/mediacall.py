"""mediacall.py - calls between a phone and the PBX stub whose media is ours

The phone's end speaks SRTP to the edge, the PBX's RTP (or what a test makes
them speak); each sees in SDP only what the edge tells it.
"""

import re

import edges
from e2e_reinvite import pbx_inside
from harness import HOST, check
from pbxstub import Pbx
from rtpclient import End, Key
from sipclient import Dialog, Phone, unique

DOMAIN = "pbx.test"
FACING = {"sendonly": "recvonly", "recvonly": "sendonly"}


def sdp(end, *keys, **options):
    """What that end offers or answers. plain: RTP/AVP."""
    get = options.get
    host = get("host", end.host)
    lines = ["v=0", "o=- %d %d IN IP4 %s" % (end.ssrc, get("version", 1),
                                             end.host),
             "s=-", "c=IN IP4 " + host, "t=0 0",
             "m=audio %d RTP/%s 0 101" % (get("port", end.port),
                                          "SAVP" if keys else "AVP")]
    lines += ["a=crypto:" + key.line() for key in keys]
    lines += ["a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000"]
    if get("mux"):
        lines.append("a=rtcp-mux")
    lines.append("a=" + get("direction", "sendrecv"))
    return "\r\n".join(lines + list(get("more", ()))) + "\r\n"


class Sdp:
    """Of one media line, as it came."""

    def __init__(self, message):
        self.text = message.body.decode()
        found = re.findall(r"(?m)^m=audio (\d+) (\S+) ", self.text)
        check(len(found) == 1, "no SDP of one line:", message)
        self.port, self.profile = int(found[0][0]), found[0][1]
        self.host = re.search(r"(?m)^c=IN IP4 (\S+)\r?$",
                              self.text).group(1)
        self.keys = [Key.read(line) for line in
                     re.findall(r"(?m)^a=crypto:(.*?)\r?$", self.text)]
        self.mux = "a=rtcp-mux" in self.text
        rtcp = re.search(r"(?m)^a=rtcp:(\d+)", self.text)
        self.rtcp = int(rtcp.group(1)) if rtcp else self.port + 1
        direction = re.search(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)",
                              self.text)
        self.direction = direction.group(1) if direction else "sendrecv"
        check(self.profile == ("RTP/SAVP" if self.keys else "RTP/AVP"),
              "profile and keys:", self.text)

    def aim(self, end):
        """That end sends to where it says."""
        if self.host != "0.0.0.0":
            end.to = (self.host, self.port)
            end.to_rtcp = (self.host, self.rtcp)
        end.mux = self.mux


def media_text(edge, engine, more=""):
    """Puts these into the group media of an edge that is not started yet."""
    change(edge, "media = { ", "media = { engine = \"%s\"; %s\n" % (engine,
                                                                 more))


def change(edge, *pairs):
    """old, new, old, new ... in its configuration"""
    with open(edge.config, encoding="utf-8") as file:
        text = file.read()
    for old, new in zip(pairs[::2], pairs[1::2]):
        check(old in text, "the configuration has no", old)
        text = text.replace(old, new, 1)
    edge.lab.write("rempart.conf", text)


class Site:
    """An edge in front of the stub, and phones that it has registered."""

    def __init__(self, lab, engine, media="", more="", srtp=False):
        self.lab, self.pbx = lab, Pbx(lab)
        self.edge = edges.with_pbx(lab, self.pbx.port, more, domain=DOMAIN)
        media_text(self.edge, engine, media)
        self.srtp = srtp
        if srtp:
            change(self.edge, "srtp = \"off\"",
                   "srtp = \"required\"; keys_in_clear = true")

    def start(self):
        self.edge.start()
        return self

    def phone(self, user="1001", **options):
        headers = options.pop("headers", "")
        phone = Phone(self.lab, self.edge, user, **options)
        self.pbx.accept_register(phone, headers=headers)
        return phone


class Call:
    """Between a phone and the PBX. `ear` is the phone's media, `line` the
    PBX's; `self.dialog` is the phone's, `self.pbx_dialog` the PBX's."""

    def __init__(self, site, phone, **options):
        self.site, self.phone, self.pbx = site, phone, site.pbx
        self.edge, self.lab = site.edge, site.lab
        self.ear = options.get("ear") or End(self.lab, phone.host)
        self.line = options.get("line") or End(self.lab)
        self.keys = options.get("keys", (Key(),))
        self.pbx_keys = (Key(),) if site.srtp else ()
        self.options = options.get("sdp", {})
        self.version = 1
        self.at = self.edge.mark()

    # ---- SDP of ours

    def body(self, **options):
        return sdp(self.ear, *self.keys, **dict(
            self.options, version=self.version, **options))

    def pbx_body(self, keys=None, **options):
        options.setdefault("mux", False)
        return sdp(self.line, *(self.pbx_keys if keys is None else keys),
                   **dict(options, version=self.version))

    def contact(self):
        return "Contact: <sip:600@%s:%d>\r\n" % (HOST, self.pbx.port)

    # ---- SDP of the edge

    def phone_sees(self, message):
        """An answer to the phone's offer."""
        seen = Sdp(message)
        seen.aim(self.ear)
        check(seen.host == HOST, "the phone is told", seen.text)
        if not self.keys:
            check(seen.profile == "RTP/AVP", "answered", seen.text)
            return seen
        check(len(seen.keys) == 1, "answered with", seen.text)
        theirs = seen.keys[0]
        [own] = [k for k in self.keys if k.tag == theirs.tag]
        check(theirs.name == own.name and theirs.bytes != own.bytes,
              "answered with", seen.text)
        self.ear.keys(own, theirs)
        return seen

    def pbx_sees(self, message):
        """The phone's offer or answer, made ours."""
        seen = Sdp(message)
        seen.aim(self.line)
        check(seen.host in (HOST, "0.0.0.0") and not seen.mux,
              "the PBX is told", seen.text)
        for key in self.keys:
            check(key.line().split("inline:")[1] not in seen.text,
                  "the phone's key passes", seen.text)
        if self.site.srtp:
            theirs = [k for k in seen.keys
                      if k.suite == self.pbx_keys[0].suite][0]
            self.pbx_keys[0].tag = theirs.tag
            self.line.keys(self.pbx_keys[0], theirs)
        else:
            check(not seen.keys, "the PBX is given keys", seen.text)
        return seen

    # ---- from the phone

    def invite(self, to="600", **options):
        """The phone dials; what the PBX gets."""
        self.phone.send(self.phone.invite_text(to, body=self.body(),
                                               **options))
        self.request = self.pbx.expect("INVITE")
        self.tag = unique("p")
        self.offered = self.pbx_sees(self.request)
        return self

    def ring(self, tag=None, line=None):
        """183 with SDP; `line`: where this branch of a fork is."""
        self.pbx.answer(self.request, 183, "Progress", tag=tag or self.tag,
                        body=sdp(line, *self.pbx_keys) if line
                        else self.pbx_body(), headers=self.contact())
        return self.phone_sees(self.phone.expect(183))

    def answer(self, **options):
        self.pbx.answer(self.request, 200, "OK", tag=self.tag,
                        body=self.pbx_body(**options),
                        headers=self.contact())
        answer = self.phone.expect_final("INVITE")
        check(answer.code == 200, "no call:", answer)
        self.seen = self.phone_sees(answer)
        self.dialog = Dialog.of_caller(answer)
        self.phone.send(self.phone.inside(self.dialog, "ACK", cseq=1))
        self.pbx.expect("ACK")
        self.pbx_dialog = Dialog.of_called(self.request, self.tag)
        return self

    def made(self, to="600", **options):
        return self.invite(to, **options).answer()

    def again(self, direction="sendrecv", **options):
        """A re-INVITE of the phone with what self.keys and self.ear are now,
        answered as it should be. Returns what both saw."""
        self.version += 1
        self.phone.send(self.phone.inside(
            self.dialog, "INVITE", body=self.body(direction=direction,
                                                  **options)))
        request = self.pbx.expect("INVITE")
        at_pbx = self.pbx_sees(request)
        check(at_pbx.direction == direction, "the PBX is told", at_pbx.text)
        self.pbx.answer(request, 200, "OK", headers=self.contact(),
                        body=self.pbx_body(direction=FACING.get(
                            direction, direction)))
        answer = self.phone.expect_final("INVITE")
        check(answer.code == 200, "re-INVITE:", answer)
        at_phone = self.phone_sees(answer)
        check(at_phone.direction == FACING.get(direction, direction),
              "the phone is told", at_phone.text)
        self.phone.send(self.phone.inside(self.dialog, "ACK"))
        self.pbx.expect("ACK")
        return at_phone, at_pbx

    # ---- from the PBX

    def pbx_invite(self, body=None):
        """The PBX calls the phone; what the phone gets."""
        tag, call_id = unique("g"), unique("q")
        uri = "sip:%s@%s:%d" % (self.phone.token, HOST, self.edge.local)
        self.pbx_dialog = Dialog(call_id, "<sip:600@%s>;tag=%s" % (
            DOMAIN, tag), "<sip:%s@%s>" % (self.phone.user, DOMAIN), uri, [])
        self.pbx.send(pbx_inside(self.pbx, self.pbx_dialog, "INVITE",
                                 self.pbx_body() if body is None else body))
        self.request = self.phone.expect("INVITE")
        return self

    def pick_up(self, **options):
        """The phone answers the INVITE that it got, with the offered suite
        that it wants; or it offers, where nothing was."""
        if self.request.body:
            seen = Sdp(self.request)
            seen.aim(self.ear)
            theirs = [k for k in seen.keys
                      if k.suite == self.keys[0].suite][0]
            self.keys[0].tag = theirs.tag
            self.ear.keys(self.keys[0], theirs)
        self.phone.answer(self.request, 200, "OK", tag=unique("a"),
                          body=self.body(**options),
                          headers="Contact: <%s>\r\n" % self.phone.contact)
        answer = self.pbx.expect(200)
        self.dialog = Dialog.of_called(self.request, answer.tag("to"))
        self.pbx_dialog.remote = answer.get("to")
        self.pbx_dialog.target = answer.contact_uri()
        self.pbx_dialog.route = Dialog.of_caller(answer).route
        self.seen = self.pbx_sees(answer)
        return self

    def pbx_ack(self, body=""):
        self.pbx.send(pbx_inside(self.pbx, self.pbx_dialog, "ACK", body,
                                 cseq=self.pbx_dialog.cseq))
        ack = self.phone.expect("ACK")
        if body:
            self.phone_sees(ack)
        return self

    def called(self):
        return self.pbx_invite().pick_up().pbx_ack()

    def pbx_again(self, body=None, **options):
        """A re-INVITE of the PBX. Returns what both saw."""
        self.version += 1
        self.pbx.send(pbx_inside(
            self.pbx, self.pbx_dialog, "INVITE",
            body or self.pbx_body(**options)))
        request = self.phone.expect("INVITE")
        at_phone = Sdp(request)
        at_phone.aim(self.ear)
        theirs = [k for k in at_phone.keys
                  if k.suite == self.keys[0].suite][0]
        self.keys[0].tag = theirs.tag
        self.ear.keys(self.keys[0], theirs)
        self.phone.answer(request, 200, "OK", body=self.body(
            direction=FACING.get(at_phone.direction, at_phone.direction)),
            headers="Contact: <%s>\r\n" % self.phone.contact)
        at_pbx = self.pbx_sees(self.pbx.expect(200))
        self.pbx.send(pbx_inside(self.pbx, self.pbx_dialog, "ACK",
                                 cseq=self.pbx_dialog.cseq))
        self.phone.expect("ACK")
        return at_phone, at_pbx

    # ---- the end

    def hang_up(self):
        """By the phone. Returns the record of the end, with what the relay
        counted: so the session is gone."""
        self.phone.send(self.phone.inside(self.dialog, "BYE"))
        self.pbx.answer(self.pbx.expect("BYE"), 200)
        check(self.phone.expect_final("BYE").code == 200, "BYE failed")
        record = self.end_record(reason="call-ended")
        check(record.get("media"), "no figures in", record)
        return record

    def end_record(self, **wanted):
        return self.edge.record(self.at, kind="call", verdict="end",
                                call_id=self.dialog.call_id, **wanted)
