#!/usr/bin/env python3
"""Proves that the audio of a call passes the relay as it was sent, SRTP on the
phone's side and RTP on the PBX's, whatever both do in the call, with each of
the engines.

each: openssl libsrtp2
"""

from e2e_reinvite import pbx_inside
from harness import check, main
from mediacall import Call, Sdp, Site, sdp
from rtpclient import (AES_32, AES_80, AES_256, AES_256_32, BYE, GCM, GCM_256,
                       RR, SDES, SR, End, Key, goodbye, receiver_report, say,
                       sender_report, talk, talk_full)
from sipclient import Dialog

DEFAULT = (GCM_256, AES_256, GCM, AES_80)  # media.suites


def site_and_call(lab, engine, **options):
    site = Site(lab, engine).start()
    return site, Call(site, site.phone(), **options).made()


def good_call(site, phone, **options):
    call = Call(site, phone, **options).made()
    talk(call.ear, call.line)
    return call, call.hang_up()


# ---- suites and keys

def scenario_suites(lab, engine):
    """Each suite, alone in the phone's offer; all in the reverse order: the
    first one of media.suites is taken."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in DEFAULT:
        _, record = good_call(site, phone, keys=(Key(suite),))
        check(record["srtp"] == {"phone": suite, "upstream": "clear"},
              "recorded as", record)
    call, _ = good_call(site, phone, keys=[
        Key(suite, tag=7 + i) for i, suite in enumerate(DEFAULT[::-1])])
    check(call.ear.own.suite == DEFAULT[0], "taken:", call.ear.own.suite)


def scenario_order_of_the_site(lab, engine):
    """media.suites in another order, with tags of 32 bits."""
    site = Site(lab, engine, "suites = [ \"%s\", \"%s\" ];" % (
        AES_32, AES_256_32)).start()
    phone = site.phone()
    for suite in (AES_32, AES_256_32):
        good_call(site, phone, keys=(Key(suite),))
    call, _ = good_call(site, phone, keys=(Key(AES_256_32),
                                           Key(AES_32, tag=2)))
    check(call.ear.own.suite == AES_32, "taken:", call.ear.own.suite)


def scenario_other_name(lab, engine):
    """AES_CM_256_..., as some phones write it, is answered as it was."""
    site = Site(lab, engine).start()
    call, record = good_call(site, site.phone(),
                             keys=(Key("AES_CM_256_HMAC_SHA1_80"),))
    check("AES_CM_256_HMAC_SHA1_80" in call.seen.text, call.seen.text)
    check(record["srtp"]["phone"] == AES_256, "recorded as", record)


def scenario_quirk(lab, engine):
    """Zoiper is not given the suite that it gets wrong."""
    site = Site(lab, engine).start()
    phone = site.phone(headers="User-Agent: Zoiper v2.10.20\r\n")
    call = Call(site, phone, keys=(Key(AES_256), Key(AES_80, tag=2))).made()
    check(call.ear.own.suite == AES_80, "taken:", call.ear.own.suite)
    talk(call.ear, call.line)
    call.hang_up()


def scenario_mki_and_lifetime(lab, engine):
    """The phone's packets carry an MKI, of one byte or four; RTCP too."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in (AES_80, GCM_256):
        for mki in (b"\1", b"\0\0\1\2"):
            call = Call(site, phone, keys=(Key(suite, mki=mki,
                                               lifetime="2^31"),)).made()
            talk(call.ear, call.line)
            call.ear.send_rtcp(sender_report(call.ear.ssrc))
            check(call.line.hear_rtcp()[0][0] == SR, "no SR")
            call.hang_up()


def scenario_called_phone(lab, engine):
    """The PBX calls: a phone of which nothing is known is offered the oldest
    suite first; it takes one, and its next offer has what it speaks."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in (GCM, AES_80):
        call = Call(site, phone, keys=(Key(suite),))
        offered = [k.suite for k in Sdp(call.pbx_invite().request).keys]
        if suite == GCM:
            check(offered[0] == AES_80 and sorted(offered) ==
                  sorted(DEFAULT), "offered", offered)
            call.pick_up().pbx_ack()
            talk(call.ear, call.line)
            call.hang_up()
        else:
            check(offered == [GCM], "offered", offered)


# ---- packets

def scenario_before_the_answer(lab, engine):
    """A phone that speaks before its 200 is there, and a PBX before its own:
    not later than with the answer all is heard."""
    site = Site(lab, engine).start()
    phone = site.phone()
    call = Call(site, phone).pbx_invite()
    seen = Sdp(call.request)
    seen.aim(call.ear)
    call.keys[0].tag = [k for k in seen.keys if k.suite == AES_80][0].tag
    call.ear.keys(call.keys[0], [k for k in seen.keys
                                 if k.suite == AES_80][0])
    early = [call.ear.send() for _ in range(5)]
    call.pick_up().pbx_ack()
    last = call.ear.send()
    while True:
        heard = call.line.hear().payload
        if heard == last:
            break
        check(heard in early, "heard what was not said")
    talk(call.ear, call.line)
    call.hang_up()
    call = Call(site, phone).invite()
    call.line.send()
    call.answer()
    talk(call.ear, call.line)
    call.hang_up()


def scenario_sequence_wrap(lab, engine):
    """600 packets each way over the end of the sequence numbers; then a
    re-INVITE with nothing new: the counters go on."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in (AES_80, GCM_256):
        call = Call(site, phone, keys=(Key(suite),)).made()
        call.ear.sequence, call.line.sequence = 65530, 65520
        talk_full(call.ear, call.line, 600)
        call.again()
        talk_full(call.ear, call.line, 40)
        record = call.hang_up()
        for leg in record["media"].values():
            check(leg["packets"] == 640 and not leg["lost"], "counted", leg)


def scenario_ssrc_change(lab, engine):
    """Either end goes on under another SSRC, at another number."""
    _, call = site_and_call(lab, engine)
    for end, other in ((call.ear, call.line), (call.line, call.ear)):
        talk(call.ear, call.line)
        old = say(end, other).ssrc
        end.ssrc += 0x1000
        end.sequence = 40000
        check(say(end, other).ssrc != old, "the same SSRC is heard")
    talk(call.ear, call.line)
    call.hang_up()


def scenario_stream_restarts(lab, engine):
    """A PBX that repeats its numbers with other audio, or begins them anew,
    never makes the relay send two packets under one key, SSRC and index:
    repeats are not heard, and of a new beginning all but the first."""
    _, call = site_and_call(lab, engine)
    talk(call.ear, call.line, 30)
    call.line.sequence -= 20
    for _ in range(20):
        call.line.send()
    say(call.line, call.ear)
    for restart in (200, 60000, 20000):
        call.line.sequence = restart
        sent = [call.line.send() for _ in range(20)]
        heard = []
        while not heard or heard[-1] != sent[-1]:
            heard.append(call.ear.hear().payload)
        check(heard == sent[-len(heard):] and len(heard) >= 19,
              "of 20 were heard", len(heard))
    talk(call.ear, call.line)
    call.hang_up()


# ---- inside a call

def scenario_new_key(lab, engine):
    """A re-INVITE with another key, with one of another suite, and one of the
    PBX: our own key stays where the suite does."""
    _, call = site_and_call(lab, engine)
    talk(call.ear, call.line)
    ours = call.seen.keys[0].bytes
    call.keys = (Key(),)
    at_phone, _ = call.again()
    check(at_phone.keys[0].bytes == ours, "our key changed")
    talk(call.ear, call.line)
    call.keys = (Key(GCM),)
    at_phone, _ = call.again()
    check(at_phone.keys[0].bytes[:16] != ours[:16], "our key stayed")
    talk(call.ear, call.line)
    call.keys = (Key(GCM),)
    call.pbx_again()
    talk(call.ear, call.line)
    call.hang_up()


def scenario_new_key_keeps_counter(lab, engine):
    """Two ways of phones with a new key after a wrap (RFC 3711 3.3.1, and
    Teams): the counter kept, or begun at 0."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for kept in (False, True):
        call = Call(site, phone).made()
        call.ear.sequence = 65530
        talk_full(call.ear, call.line, 40)
        call.keys = (Key(),)
        if kept:
            wraps(call)
        else:
            call.again()
        talk_full(call.ear, call.line, 40)
        call.hang_up()


def wraps(call):
    """The new key is in use from the counter on that the old one had: the
    library counts from 0, so it is led over the wrap on its own."""
    sequence = call.ear.sequence
    call.again()
    call.ear.sequence = 65000
    for at in (65000, 200):
        call.ear.sequence = at
        call.ear.packet()
    call.ear.sequence = sequence + 300


def scenario_moved_port(lab, engine):
    """The phone's port moves after a wrap, its key stays: with the counter
    kept, and with one that begins at 0 (RFC 4568 7.1.4)."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for kept in (True, False):
        call = Call(site, phone).made()
        call.ear.sequence = 65530
        talk_full(call.ear, call.line, 40)
        call.ear.move()
        if not kept:
            call.ear.restart()
        call.again()
        talk(call.ear, call.line, 30)
        call.hang_up()


def scenario_roams(lab, engine):
    """Another port without a word of it: where an authentic packet comes from
    is where the phone is."""
    _, call = site_and_call(lab, engine)
    talk(call.ear, call.line)
    call.ear.move()
    talk(call.ear, call.line)
    call.hang_up()


def scenario_pbx_moves(lab, engine):
    """The PBX sends from another port with the numbers that it had (another
    of its servers): one stream is never heard under the other's SSRC."""
    _, call = site_and_call(lab, engine)
    call.line.sequence = 5000
    old = say(call.line, call.ear).ssrc
    call.line.move()
    call.line.sequence = 5000
    call.pbx_again()
    new = say(call.line, call.ear, 20).ssrc
    check(new != old, "two streams under one SSRC")
    talk(call.ear, call.line)
    call.ear.send_rtcp(receiver_report(call.ear.ssrc, new))
    [(kind, _, data)] = call.line.hear_rtcp()
    check(kind == RR and data[8:12] == call.line.ssrc.to_bytes(4, "big"),
          "the report is of another SSRC", data)
    call.hang_up()


def scenario_hold(lab, engine):
    """Held and resumed by the phone and by the PBX, by direction and by
    0.0.0.0, with the holder's music, and with another SSRC after it."""
    _, call = site_and_call(lab, engine)
    talk(call.ear, call.line)
    for direction in ("sendonly", "inactive"):
        call.again(direction)
        if direction == "sendonly":
            say(call.ear, call.line)
        call.ear.ssrc += 1
        call.again()
        talk(call.ear, call.line)
    call.pbx_again(direction="sendonly")
    say(call.line, call.ear)
    call.pbx_again()
    talk(call.ear, call.line)
    _, at_pbx = call.again(host="0.0.0.0")
    check(at_pbx.host == "0.0.0.0", "the PBX is told", at_pbx.text)
    call.line.send()
    say(call.ear, call.line)
    call.again()
    talk(call.ear, call.line)
    call.hang_up()


def scenario_update_without_sdp(lab, engine):
    """A session refresh changes nothing (RFC 4028)."""
    _, call = site_and_call(lab, engine)
    call.phone.send(call.phone.inside(call.dialog, "UPDATE"))
    call.pbx.answer(call.pbx.expect("UPDATE"), 200)
    check(call.phone.expect_final("UPDATE").code == 200, "UPDATE failed")
    talk(call.ear, call.line)
    call.hang_up()


# ---- RTCP

def rtcp_both_ways(call):
    """Sender's and receiver's reports whose SSRCs are those of the RTP."""
    for one, other in ((call.ear, call.line), (call.line, call.ear)):
        heard = say(one, other, 2).ssrc
        one.send_rtcp(sender_report(one.ssrc))
        kinds = other.hear_rtcp()
        check([k[0] for k in kinds] == [SR, SDES], "heard", kinds)
        check(all(k[2][4:8] == heard.to_bytes(4, "big") for k in kinds),
              "of another SSRC", kinds)
        other.send_rtcp(receiver_report(other.ssrc, heard))
        [(kind, blocks, data)] = one.hear_rtcp()
        check(kind == RR and blocks == 1 and
              data[8:12] == one.ssrc.to_bytes(4, "big"), "heard", data)


def scenario_rtcp(lab, engine):
    """On the next port, where nothing else was offered; what is for the RTP
    port then does not pass."""
    site = Site(lab, engine).start()
    phone = site.phone()
    for suite in (AES_80, GCM):
        call = Call(site, phone, keys=(Key(suite),)).made()
        check(not call.seen.mux, "mux was not offered", call.seen.text)
        rtcp_both_ways(call)
        call.ear.rtp.sendto(call.ear.seal.protect(
            sender_report(call.ear.ssrc), True), call.ear.to)
        talk(call.ear, call.line)
        call.line.heard_nothing()
        call.ear.send_rtcp(goodbye(call.ear.ssrc))
        check([k[0] for k in call.line.hear_rtcp()] == [RR, BYE], "no BYE")
        call.hang_up()


def scenario_rtcp_mux(lab, engine):
    """On the phone's one port, as it offered; the PBX's two are as before."""
    site, call = site_and_call(lab, engine, sdp={"mux": True})
    check(call.seen.mux and call.ear.mux, "not answered", call.seen.text)
    rtcp_both_ways(call)
    call.hang_up()
    call = Call(site, call.phone, sdp={"mux": False}).pbx_invite()
    check(not Sdp(call.request).mux, "mux is offered by us")


# ---- how calls begin

def scenario_early_media(lab, engine):
    """Both ways from the 183 on; the 200 changes nothing in it."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).invite()
    call.ring()
    say(call.line, call.ear)
    talk(call.ear, call.line)
    call.ring()
    old = say(call.line, call.ear).ssrc
    call.answer()
    check(say(call.line, call.ear).ssrc == old, "another stream")
    talk(call.ear, call.line)
    call.hang_up()


def scenario_forked_early_media(lab, engine):
    """Two branches with one SSRC and the same numbers: the one that said
    something last is heard, under an SSRC of its own, and then the one that
    answers."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).invite()
    second = End(lab)
    call.offered.aim(second)
    second.ssrc = call.line.ssrc
    call.ring()
    first_heard = say(call.line, call.ear).ssrc
    call.ring("other", second)
    check(say(second, call.ear).ssrc != first_heard, "one SSRC for two")
    say(call.ear, second)
    call.line.heard_nothing()
    call.answer()
    say(call.line, call.ear)
    say(call.ear, call.line)
    second.heard_nothing()
    call.hang_up()


def scenario_late_offer_of_pbx(lab, engine):
    """The phone calls without SDP: the PBX offers in its 200."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone())
    call.phone.send(call.phone.invite_text("600", body=""))
    call.request = call.pbx.expect("INVITE")
    check(not call.request.body, "SDP from nowhere", call.request)
    call.pbx.answer(call.request, 200, "OK", body=call.pbx_body(),
                    headers=call.contact())
    answer = call.phone.expect_final("INVITE")
    seen = Sdp(answer)
    seen.aim(call.ear)
    theirs = [k for k in seen.keys if k.suite == AES_80][0]
    call.keys[0].tag = theirs.tag
    call.ear.keys(call.keys[0], theirs)
    call.dialog = Dialog.of_caller(answer)
    call.phone.send(call.phone.inside(call.dialog, "ACK", cseq=1,
                                      body=call.body()))
    call.pbx_sees(call.pbx.expect("ACK"))
    talk(call.ear, call.line)
    call.hang_up()


def scenario_late_offer_of_phone(lab, engine):
    """The PBX calls without SDP: the phone offers in its 200."""
    site = Site(lab, engine).start()
    call = Call(site, site.phone()).pbx_invite("")
    check(not call.request.body, "SDP from nowhere", call.request)
    call.pick_up().pbx_ack(call.pbx_body())
    talk(call.ear, call.line)
    call.hang_up()


def scenario_direct_media(lab, engine):
    """The PBX hands two phones each other's media as Asterisk does, which is
    an address of ours twice: they hear each other, and afterwards the PBX."""
    site = Site(lab, engine).start()
    one = Call(site, site.phone("1001"), keys=(Key(GCM),)).made()
    two = Call(site, site.phone("1002")).called()
    talk(one.ear, one.line)
    talk(two.ear, two.line)
    one.pbx_again(sdp(one.line, host=two.seen.host, port=two.seen.port))
    two.pbx_again(sdp(two.line, host=one.offered.host,
                      port=one.offered.port, version=2))
    talk(one.ear, two.ear, 30)
    one.ear.send_rtcp(sender_report(one.ear.ssrc))
    check(two.ear.hear_rtcp()[0][0] == SR, "no SR")
    one.line.heard_nothing()
    two.line.heard_nothing()
    one.pbx_again()
    two.pbx_again()
    talk(one.ear, one.line)
    talk(two.ear, two.line)
    one.hang_up()
    two.hang_up()


def scenario_pbx_hangs_up(lab, engine):
    site, call = site_and_call(lab, engine)
    call.pbx.send(pbx_inside(call.pbx, call.pbx_dialog, "BYE"))
    call.phone.answer(call.phone.expect("BYE"), 200)
    call.pbx.expect(200)
    check(call.end_record(reason="call-ended").get("media"), "no figures")


if __name__ == "__main__":
    main(globals())
