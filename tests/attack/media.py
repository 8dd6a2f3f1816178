#!/usr/bin/env python3
"""Proves that no packet of a stranger passes the relay, moves where a call's
audio goes, ends a call or is answered, and that SDP aims the relay at nobody;
with each of the engines. Floods have 1000 packets a second.

each: openssl libsrtp2
"""

import os
import struct
import threading
import time

from harness import HOST, check, main
from mediacall import Call, Site, change, sdp
from rtpclient import (GCM, Context, End, Key, Packet, audio, bound, goodbye,
                       receiver_report, say, sender_report, talk)

STRANGER = "127.0.0.9"
PER_S = 1000
MANY_CALLS = 'limits = { calls_per_user = "1000/min burst 1000"; };\n'

STUN = bytes.fromhex("000100002112a442") + b"transaction!"
HELLO = bytes.fromhex("16feff0000000000000000002c010000200000000000000020"
                      "fefd") + bytes(32)
JUNK = (STUN, HELLO, b"", b"\x80", bytes(12), b"\xff" * 200, b"A" * 1600,
        os.urandom(60000))


class Flood(threading.Thread):
    """Sends make(n), which is (socket, bytes, address), PER_S times a second
    till it is stopped."""

    def __init__(self, make):
        super().__init__(daemon=True)
        self.make, self.sent = make, 0
        self.over = threading.Event()
        self.start()

    def run(self):
        begun = time.monotonic()
        while not self.over.wait(0.005):
            due = int((time.monotonic() - begun) * PER_S)
            for _ in range(min(due - self.sent, 50)):
                sock, data, to = self.make(self.sent)
                sock.sendto(data, to)
                self.sent += 1

    def stop(self):
        self.over.set()
        self.join()


def unanswered(*socks):
    """After something that came later was answered."""
    for sock in socks:
        sock.setblocking(False)
        try:
            data, source = sock.recvfrom(65535)
        except BlockingIOError:
            continue
        check(False, "a stranger was sent", data, source)


def strangers(lab, *hosts):
    port = lab.ports.take()
    return [bound(lab, host, port) for host in hosts]


def to_rtcp(address):
    return address[0], address[1] + 1


# ---- during a call

def forgeries(call):
    """What strangers send, each a function of the number. To the phones' port
    also from the phone's own host, as another behind its NAT would."""
    lab, ear, line = call.lab, call.ear, call.line
    near, far = strangers(lab, HOST, STRANGER)
    wrong = Context(Key(ear.own.suite), True)
    phones, pbx = ear.to, line.to
    count = [0]

    def fresh(end, ahead):
        count[0] += 1
        return Packet.write(end.sequence + ahead, end.timestamp, end.ssrc,
                            audio(-count[0]))

    def wrong_key():
        count[0] += 1
        return wrong.protect(Packet.write(
            count[0], ear.timestamp, ear.ssrc, audio(-count[0])))
    makes = [lambda n, s=sock: (s, fresh(ear, n % 3), phones)
             for sock in (near, far)]
    makes += [lambda n, s=sock: (s, ear.wire[-1 - n % 20], phones)
              for sock in (near, far)]
    makes += [lambda n, s=sock: (s, wrong_key(), phones)
              for sock in (near, far)]
    makes += [lambda n, s=sock: (s, goodbye(ear.ssrc), to_rtcp(phones))
              for sock in (near, far)]
    makes += [
        lambda n: (near, goodbye(ear.ssrc), phones),
        lambda n: (near, wrong.protect(goodbye(ear.ssrc), True),
                   to_rtcp(phones)),
        lambda n: (far, fresh(line, n % 3), pbx),
        lambda n: (far, ear.wire[-1], pbx),
        lambda n: (far, goodbye(line.ssrc), to_rtcp(pbx)),
        lambda n: (far, goodbye(line.ssrc), pbx)]
    return makes, (near, far)


def scenario_injection_and_bleed(lab, engine):
    """Plain, replayed and wrong-key packets and forged BYEs from others to
    both sides, 3000 of them: not one passes, not one of the call's is lost,
    and none of its audio goes elsewhere."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in (Key().suite, GCM):
        call = Call(site, phone, keys=(Key(suite),)).made()
        talk(call.ear, call.line, 20)
        makes, socks = forgeries(call)
        flood = Flood(lambda n: makes[n % len(makes)](n // len(makes)))
        turns = 0
        while flood.sent < 3 * PER_S:
            check(flood.is_alive(), "the flood ended")
            talk(call.ear, call.line)
            for one, other in ((call.ear, call.line), (call.line, call.ear)):
                one.send_rtcp(sender_report(one.ssrc))
                check([p[0] for p in other.hear_rtcp()] == [200, 202],
                      "another RTCP than was sent")
            turns += 1
        flood.stop()
        talk(call.ear, call.line)
        call.ear.heard_nothing()
        call.line.heard_nothing()
        unanswered(*socks)
        for leg in call.hang_up()["media"].values():
            check(leg["packets"] == 25 + 5 * turns and leg["lost"] == 0,
                  "counted", leg, turns)


def scenario_moved_by_nobody(lab, engine):
    """A phone that went silent is not followed to where its old packets come
    from again."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).made()
    [thief] = strangers(lab, STRANGER)
    talk(call.ear, call.line, 200)
    for data in call.ear.wire:
        thief.sendto(data, call.ear.to)
    say(call.line, call.ear, 20)
    talk(call.ear, call.line)
    call.line.heard_nothing()
    unanswered(thief)
    call.hang_up()


# ---- while calls begin

def spoofed(lab, ends, target):
    """What looks like those ends' first packets, from a stranger and from
    where the phones are: a function of the number, and its sockets."""
    socks = strangers(lab, STRANGER, HOST, *[end.host for end in ends])
    wrong = [Context(Key(), True) for _ in ends]

    def make(n):
        at, sock = n % len(ends), socks[n % len(socks)]
        plain = Packet.write(n // len(ends), n, ends[at].ssrc, audio(-n - 1))
        return sock, plain if n & 1 else wrong[at].protect(plain), target
    return make, socks


def scenario_spoofed_first_packets(lab, engine):
    """50 calls are set up while others send what looks like their first
    packets: all get their audio from the first packet on. A third of them
    is where the SDP and the connection say, a third where the SDP says
    alone, a third where the connection is, behind a NAT."""
    site = Site(lab, engine)
    change(site.edge, "upstream = { ports",
           "upstream = { mode = \"single\"; ports")
    site.start()
    phones_port, pbx_port = (lab.ports.take(3) for _ in range(2))
    hosts = [("127.3.0.%d" if i % 3 == 1 else "127.1.0.%d") % (i + 1)
             for i in range(50)]
    ends = [End(lab, host, phones_port + phones_port % 2) for host in hosts]
    make, socks = spoofed(lab, ends, (HOST, media_port(site.edge)))
    flood = Flood(make)
    calls = []
    for i, end in enumerate(ends):
        phone = site.phone("2%03d" % i, source="127.1.0.%d" % (i + 1))
        call = Call(site, phone, ear=end, sdp={
            "more": ("a=ssrc:%d cname:x" % end.ssrc,),
            "host": "10.20.0.%d" % (i + 1) if i % 3 == 2 else end.host},
            line=End(lab, "127.2.0.%d" % (i + 1), pbx_port + pbx_port % 2))
        calls.append(call.made())
        if i % 5 == 0:  # the others wait with their first packet
            talk(call.ear, call.line, 3)
    for call in calls:
        talk(call.ear, call.line, 3)
    check(flood.is_alive() and flood.sent > PER_S // 2, "no flood")
    flood.stop()
    for call in calls:
        talk(call.ear, call.line, 1)
        call.ear.heard_nothing()
        call.line.heard_nothing()
        call.hang_up()
    unanswered(*socks)


def media_port(edge):
    with open(edge.config, encoding="utf-8") as file:
        return int(file.read().split("phones = { port = ")[1].split(";")[0])


def scenario_nobody_there(lab, engine):
    """RTP, RTCP, STUN, DTLS and junk at the media ports, with no session and
    during one, also from its own ends: no answer, nothing passes."""
    site = Site(lab, engine).start()
    phone = site.phone()
    first = media_port(site.edge)
    socks = strangers(lab, STRANGER, HOST)

    def everything(sock, to):
        plain = Packet.write(1, 1, 1, audio(1))
        for data in JUNK + (plain, goodbye(1), sender_report(1),
                            Context(Key(), True).protect(plain)):
            sock.sendto(data, to)
    for sock in socks:
        for port in list(range(first, first + 16)):
            everything(sock, (HOST, port))
    call = Call(site, phone).made()
    talk(call.ear, call.line)
    for sock in socks:
        for to in (call.ear.to, call.ear.to_rtcp):
            everything(sock, to)
    for to in (call.line.to, call.line.to_rtcp):
        everything(socks[0], to)
    for end in (call.ear, call.line):
        for data in JUNK:
            end.rtp.sendto(data, end.to)
            end.rtcp.sendto(data, end.to_rtcp)
    talk(call.ear, call.line)
    for one, other in ((call.ear, call.line), (call.line, call.ear)):
        one.send_rtcp(sender_report(one.ssrc))
        check(other.hear_rtcp()[0][0] == 200, "no SR")
        other.heard_nothing()
    unanswered(*socks)
    call.hang_up()


# ---- SDP

def scenario_aimed_at_a_third_host(lab, engine):
    """c= and a=rtcp of the phone name somebody else: the call is made, and
    nothing is sent there, before the phone is heard and after."""
    site = Site(lab, engine).start()
    victim = End(lab, "127.0.0.77")
    phone = site.phone()
    for again in (False, True):
        call = Call(site, phone, sdp={} if again else {
            "host": victim.host, "port": victim.port}).made()
        if again:
            talk(call.ear, call.line)
            call.again(host=victim.host, port=victim.port)
        for _ in range(20):
            call.line.send()
        call.line.send_rtcp(sender_report(call.line.ssrc))
        say(call.ear, call.line)
        call.ear.send_rtcp(receiver_report(call.ear.ssrc, 1))
        call.line.hear_rtcp()
        last = call.line.send()
        while call.ear.hear().payload != last:
            pass
        call.hang_up()
    unanswered(victim.rtp, victim.rtcp)


def with_line(*lines):
    return {"more": lines}


def bad_addresses():
    """(SDP as a phone offers it) of addresses that are refused."""
    for host in ("224.0.1.1", "239.1.2.3", "255.255.255.255", "240.0.0.1",
                 "0.0.0.7"):
        yield {"host": host}
    for port in (1, 22, 1023):
        yield {"port": port}
    yield with_line("a=rtcp:53")
    yield with_line("a=rtcp:9000 IN IP4 224.0.1.1")


def bad_crypto():
    good = Key().line()
    head, key = good.split("inline:")
    yield head + "inline:" + key[:-4]           # short
    yield head + "inline:" + key + "AAAA"       # long
    yield head + "inline:" + "*" * 40           # not base64
    yield head + "inline:"
    yield head + "inline:" + key + "|2^19"      # lifetime below 2^20
    yield head + "inline:" + key + "|2^x"
    yield head + "inline:" + key + "|99999999999999999999"
    yield head + "inline:" + key + "|1:5"       # MKI of 5 bytes
    yield head + "inline:" + key + "|256:1"     # ... that does not fit
    yield head + "inline:" + key + "|2^20|1:1|"
    yield head + "inline:" + key + ";inline:" + key + "|1:1"
    yield good + " UNENCRYPTED_SRTP"
    yield good + " UNAUTHENTICATED_SRTP"
    yield good.replace("_80 ", "_8 ")
    yield good.replace("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM_8")
    yield good.replace("1 ", "01 ", 1)


def refused(phone, body, code, reason):
    """The answer says why; records of the same are counted, not repeated."""
    phone.send(phone.invite_text("600", body=body))
    answer = phone.expect_final("INVITE")
    check(answer.code == code and
          answer.get("warning").startswith("399 rempart \"%s: " % reason),
          "answered with", answer, body[:2000])


def scenario_bad_sdp(lab, engine):
    """Addresses that nobody may be sent to, keys that are none, and too much
    of everything: refused with a reason, and the call of another goes on."""
    site = Site(lab, engine, more=MANY_CALLS).start()
    call = Call(site, site.phone("1001")).made()
    end, key = End(lab), Key()
    phone = site.phone("1002")
    for options in bad_addresses():
        refused(phone, sdp(end, key, **options), 488, "media-address")
    body = sdp(end, key)
    refused(phone, body.replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1"), 488,
            "media-address")
    talk(call.ear, call.line)
    for line in bad_crypto():
        refused(phone, body.replace(key.line(), line), 488, "srtp-unusable")
        talk(call.ear, call.line, 1)
    at = body.index("m=")
    refused(phone, body[:at] + body[at:] * 50, 400, "malformed-sdp")
    talk(call.ear, call.line)
    refused(phone, body + "a=x\r\n" * 300, 400, "malformed-sdp")
    refused(phone, body + "a=x\r\n" * 10000, 413, "body-too-large")
    for reason in ("media-address", "srtp-unusable", "malformed-sdp",
                   "body-too-large"):
        site.edge.record(reason=reason, verdict="deny")
    check(not [m for m in site.pbx.drain() if m.method == "INVITE"
               and "1002" in m.get("from")], "the PBX got one")
    talk(call.ear, call.line)
    call.hang_up()


def scenario_bad_sdp_inside(lab, engine):
    """The same in a re-INVITE: refused, and the call has the audio that it
    had."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).made()
    talk(call.ear, call.line)
    tries = [call.body(**options) for options in bad_addresses()]
    good = "a=crypto:" + call.keys[0].line()
    tries += [call.body().replace(good, "a=crypto:" + line)
              for line in bad_crypto()]
    for body in tries:
        call.phone.send(call.phone.inside(call.dialog, "INVITE", body=body))
        answer = call.phone.expect_final("INVITE")
        check(answer.code == 488, "answered with", answer, body)
        talk(call.ear, call.line, 2)
    call.hang_up()


def scenario_bad_answer(lab, engine):
    """A called phone answers with such an address: its answer is refused, the
    PBX has no call, and another call goes on."""
    site = Site(lab, engine).start()
    other = Call(site, site.phone("1001")).made()
    phone = site.phone("1002")
    for options in list(bad_addresses())[:6]:
        call = Call(site, phone).pbx_invite()
        call.keys[0].tag = int(call.request.body.decode().split(
            " " + call.keys[0].suite)[0].split(":")[-1])
        phone.answer(call.request, 200, "OK", tag="t%d" % call.ear.ssrc,
                     body=call.body(**options),
                     headers="Contact: <%s>\r\n" % phone.contact)
        answer = site.pbx.expect(488)
        site.pbx.send(ack_of(answer, call, site))
        phone.expect("ACK")
        phone.answer(phone.expect("BYE"), 200)
        talk(other.ear, other.line)
    other.hang_up()


def ack_of(answer, call, site):
    """To a refusal: it belongs to the INVITE (RFC 3261 17.1.1.3)."""
    return ("ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\n"
            "To: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n"
            "\r\n" % (call.pbx_dialog.target, answer.get("via"),
                      answer.get("from"), answer.get("to"),
                      answer.get("call-id"), answer.cseq()[0]))


if __name__ == "__main__":
    main(globals())
