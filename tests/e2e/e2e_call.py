#!/usr/bin/env python3
"""Proves that real phones register and call each other through the edge, with
its own registrar and with Kamailio as the PBX behind it.

each: registrar kamailio
"""

import edges
import tone
from baresip import TONE_HZ, Baresip
from harness import check, main, wait_until
from kamailio import DOMAIN, Kamailio

def edge_for(lab, kind):
    if kind == "kamailio":
        return edges.with_pbx(lab, Kamailio(lab).port, domain=DOMAIN).start()
    return edges.with_registrar(lab).start()


def phone(lab, edge, user, **options):
    return Baresip(lab, edge, user, edges.password(user),
                   **options).registered()


def call(caller, callee):
    """Returns the marks of both, before the call."""
    marks = caller.mark(), callee.mark()
    caller.dial(callee.user)
    callee.wait("CALL_INCOMING", marks[1])
    caller.wait("CALL_RINGING", marks[0])
    callee.accept()
    caller.wait("CALL_ESTABLISHED", marks[0])
    callee.wait("CALL_ESTABLISHED", marks[1])
    return marks


def lengths(ear):
    return {path: len(tone.read_samples(path)) for path in ear.recordings()}


def both_hear(one, other):
    """From now on, not before: the recordings must grow by the tone."""
    for ear, mouth in ((one, other), (other, one)):
        old = lengths(ear)

        def heard():
            return any(length >= old.get(path, 0) + tone.WINDOW and
                       tone.hears(path, TONE_HZ[mouth.user])
                       for path, length in lengths(ear).items())
        wait_until(heard, "%s to hear %s" % (ear.name, mouth.name))


def call_allowed(edge, one, other):
    edge.record(kind="call", verdict="allow", user=one.user,
                to=lambda to: to and to.startswith(other.user + "@"))


def call_ended(edge, after, **wanted):
    edge.record(after, kind="call", verdict="end",
                **(wanted or {"reason": "call-ended"}))


def scenario_talk(lab, kind):
    """Registered, called, a tone heard both ways, the caller hangs up."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    edge.record(kind="register", verdict="challenge", user="1001")
    for user in ("1001", "1002"):
        good = edge.record(kind="register", verdict="allow", user=user)
        check(good["tls"].startswith("TLSv1.3"), "not TLS 1.3", good)
    at = edge.mark()
    call(one, two)
    both_hear(one, two)
    call_allowed(edge, one, two)
    mark = two.mark()
    one.hangup()
    two.wait("CALL_CLOSED", mark)
    call_ended(edge, at)


def scenario_called_hangs_up(lab, kind):
    """BYE comes from the called phone."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    at = edge.mark()
    call(one, two)
    mark = one.mark()
    two.hangup()
    one.wait("CALL_CLOSED", mark)
    call_ended(edge, at)


def scenario_hold(lab, kind):
    """Hold and resume, by re-INVITE from either side: the tone ends when the
    call is held. Whether it comes back is not asked: baresip 1.0.0 stays
    silent after a resume, also without an edge, and 1.1.0 says that its
    resume failed when it did not. Directions: e2e_reinvite.py."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    call(one, two)
    both_hear(one, two)
    for holder, held in ((one, two), (two, one)):
        for command in ("hold", "resume"):
            marks = holder.mark(), held.mark()
            holder.command(command, must=False)
            held.wait("CALL_REMOTE_SDP", marks[1], param="offer")
            holder.wait("CALL_REMOTE_SDP", marks[0], param="answer")
            if command == "hold":
                held.same, held.lengths = 0, {}
                wait_until(lambda: silent(held),
                           "%s to hear nothing" % held.name)
    mark = two.mark()
    one.hangup()
    two.wait("CALL_CLOSED", mark)


def silent(ear):
    """Nothing new is recorded for 20 looks, which are ten packets' time and
    more: the other phone sends no more."""
    now = lengths(ear)
    ear.same = ear.same + 1 if ear.lengths == now else 0
    ear.lengths = now
    return ear.same >= 20


def scenario_cancel(lab, kind):
    """The caller gives up while it rings."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    at = edge.mark()
    one.dial("1002")
    mark = two.wait("CALL_INCOMING")
    one.wait("CALL_RINGING")
    one.hangup()
    two.wait("CALL_CLOSED", mark)
    call_ended(edge, at, reason="call-cancelled")


def scenario_busy(lab, kind):
    """The called phone rejects: 486 reaches the caller and the log."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    at = edge.mark()
    one.dial("1002")
    two.wait("CALL_INCOMING")
    one.wait("CALL_RINGING")
    two.hangup()
    one.wait("CALL_CLOSED")
    check("486" in one.last["param"], "the caller was told", one.last)
    call_ended(edge, at, reason="call-failed", code=486)


def scenario_transfer(lab, kind):
    """1001 sends 1002, with whom it talks, on to 1003 (REFER)."""
    edge = edge_for(lab, kind)
    one, two, three = (phone(lab, edge, u) for u in edges.USERS)
    call(one, two)
    both_hear(one, two)
    one.command("transfer", "sip:1003@%s" % edge.domain)
    three.wait("CALL_INCOMING")
    three.accept()
    three.wait("CALL_ESTABLISHED")
    both_hear(two, three)
    call_allowed(edge, two, three)
    one.wait("CALL_CLOSED")
    mark = two.mark()
    three.hangup()
    two.wait("CALL_CLOSED", mark)


def scenario_unregister(lab, kind):
    """A phone that leaves unregisters, and cannot be called any more."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    at = edge.mark()
    two.quit()
    edge.record(at, kind="register", verdict="allow", user="1002")
    one.dial("1002")
    one.wait("CALL_CLOSED")
    wanted = "404" if kind == "kamailio" else "480"
    check(wanted in one.last["param"], "the caller was told", one.last)


def scenario_plain_rtp(lab, kind):
    """A phone without SRTP is refused with the reason, and can be called by
    nobody either; the next honest call passes."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    three = phone(lab, edge, "1003", mediaenc="")
    three.dial("1002")
    three.wait("CALL_CLOSED")
    check("488" in three.last["param"], "the caller was told", three.last)
    edge.record(kind="call", verdict="deny", reason="plain-rtp", user="1003",
                code=488)
    call(one, two)
    both_hear(one, two)


def scenario_reload_in_call(lab, kind):
    """A reload, good or bad, does not touch a call between real phones."""
    edge = edge_for(lab, kind)
    one, two = phone(lab, edge, "1001"), phone(lab, edge, "1002")
    at = edge.mark()
    call(one, two)
    both_hear(one, two)
    check(edge.reload()["reason"] == "reloaded", "a good file is refused")
    with open(edge.config, "a", encoding="utf-8") as file:
        file.write("no_such_key = 1;\n")
    check(edge.reload()["reason"] == "reload-refused", "a bad one is taken")
    both_hear(one, two)
    mark = two.mark()
    one.hangup()
    two.wait("CALL_CLOSED", mark)
    call_ended(edge, at)


if __name__ == "__main__":
    main(globals())
