#!/usr/bin/env python3
"""Proves that phones on both sides of a NAT call through one edge at once,
each seeing the edge under the one name that leads there from its side, and
that a phone which changes sides keeps its call."""

import ssl

import edges
import nets
from harness import HOST, check, main, wait_until
from pbxstub import Pbx
from sipclient import PLAIN_SDP, Dialog, Phone, offer, unique

DOMAIN = "pbx.test"
OUTSIDE = "edge.example.test"      # and the usual port, which is mapped
EDGE, DESK, ROUTER = "10.77.0.2", "10.77.0.30", "10.77.0.1"
PUBLIC, HOME = "203.0.113.1", "203.0.113.50"


class Side:
    """Where a phone stands: what it dials, and what it must see of the edge
    there and what not; media goes to where its connection does."""

    def __init__(self, space, source, address, sees, other):
        self.space, self.source, self.address = space, source, address
        self.sees, self.other = sees, other
        self.media = address[0]
        self.name = sees.split(":")[0]


class House:
    """A site with an edge and a PBX, its router, and the world outside."""

    def __init__(self, lab, with_pbx, inside_from="", hides_sources=False):
        self.lab = lab
        self.site, self.router, self.world = (nets.Space(lab)
                                              for _ in range(3))
        with self.site:
            self.pbx = Pbx(lab) if with_pbx else None
        self.edge = (edges.with_pbx(lab, self.pbx.port, domain=DOMAIN)
                     if with_pbx else edges.with_registrar(
                         lab, 'domains = [ "%s" ];' % DOMAIN))
        self.edge.domain = DOMAIN
        self.write_config(inside_from)
        self.build(hides_sources)
        inside = "%s:%d" % (EDGE, self.edge.port)
        self.inside = Side(self.site, DESK, (EDGE, self.edge.port), inside,
                           OUTSIDE)
        self.outside = Side(self.world, HOME, (PUBLIC, 5061), OUTSIDE, EDGE)

    def write_config(self, inside_from):
        papers = self.lab.certificates("names", (OUTSIDE, EDGE))
        self.edge.ca = papers + "/ca.pem"
        with open(self.edge.config, encoding="utf-8") as file:
            text = file.read()
        for old, new in (
                (self.lab.path("papers") + "/", papers + "/"),
                ('address = "%s:%d"' % (HOST, self.edge.port),
                 'address = "%s:%d"' % (EDGE, self.edge.port)),
                ('advertise = "%s";' % HOST, """advertise = {
    outside = "%s:5061"; inside = "%s"; %s };""" % (OUTSIDE, EDGE,
                                                    inside_from)),
                ("media = { phones = {", """media = { phones = { advertise = {
    outside = "%s"; inside = "%s"; %s };""" % (PUBLIC, EDGE, inside_from))):
            check(old in text, "the configuration has no", old)
            text = text.replace(old, new)
        self.lab.write("rempart.conf", text)

    def build(self, hides_sources):
        nets.cable(self.router, "site", self.site, "lan")
        nets.cable(self.router, "public", self.world, "wan")
        self.site.address("lan", EDGE + "/24", DESK + "/24")
        self.router.address("site", ROUTER + "/24")
        self.router.address("public", PUBLIC + "/24")
        self.world.address("wan", HOME + "/24")
        self.site.gateway(ROUTER)
        self.router.forward()
        self.router.nat("PREROUTING", "-i", "public", "-p", "tcp", "--dport",
                        "5061", "-j", "DNAT", "--to-destination",
                        "%s:%d" % (EDGE, self.edge.port))
        self.router.nat("POSTROUTING", "-o", "public", "-j", "MASQUERADE")
        if hides_sources:
            self.router.nat("POSTROUTING", "-o", "site", "-j", "MASQUERADE")

    def start(self):
        with self.site:
            self.edge.start()
        return self

    def phone(self, user, side, **options):
        with side.space:
            return Handset(self.lab, self.edge, user, side, **options)


class Handset(Phone):
    """A phone that judges whatever of the edge reaches it."""

    def __init__(self, lab, edge, user, side, **options):
        self.side = side
        options.setdefault("address", side.address)
        super().__init__(lab, edge, user, source=side.source, name=side.name,
                         **options)

    def expect(self, wanted, timeout_s=20):
        message = super().expect(wanted, timeout_s)
        self.judge(message)
        return message

    def judge(self, message):
        """The one place that says what a phone may see of the edge."""
        sees, other = self.side.sees, self.side.other
        head = message.raw[:len(message.raw) - len(message.body)]
        check(other.encode() not in head, "%s sees %s in" % (
            self.user, other), message)
        ours = [r for r in message.all("record-route")
                if ";transport=tls" in r]
        check(all("@%s;" % sees in r for r in ours),
              "%s is not routed by %s in" % (self.user, sees), message)
        if message.is_request:
            check(message.get("via").startswith("SIP/2.0/TLS %s;" % sees),
                  "the Via is not", sees, message)
        if message.method == "INVITE" and not message.tag("to"):
            check(ours, "no Record-Route for %s in" % self.user, message)

        if message.body:
            lines = message.body.decode().split("\r\n")
            # o= stays what it was when the call began.
            seen = {line.split()[-1] for line in lines
                    if line.startswith("c=")}
            check(seen == {self.side.media}, "%s sends its media to" %
                  self.user, seen, message)

    def sdp(self, version=1):
        return offer(9000, version).replace(HOST, self.host)

    def here(self):
        return "Contact: <%s>\r\n" % self.contact


# ---- the PBX's part

def body_of(pbx):
    """What the PBX speaks: plain or not is the operator's choice."""
    return offer(9100) if pbx.secure else PLAIN_SDP


def contact_of(pbx):
    return "Contact: <sip:600@%s:%d>\r\n" % (HOST, pbx.port)


def pbx_text(pbx, method, dialog, body="", cseq=None):
    """A request inside a call, as the PBX writes it."""
    dialog.cseq += 1
    lines = ["%s %s SIP/2.0" % (method, dialog.target),
             "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s" % (HOST, pbx.port,
                                                          unique()),
             "Max-Forwards: 70", "From: " + dialog.local,
             "To: " + dialog.remote, "Call-ID: " + dialog.call_id,
             "CSeq: %d %s" % (cseq or dialog.cseq, method)]
    lines += ["Route: " + route for route in dialog.route]
    if body:
        lines.append("Content-Type: application/sdp")
    return "\r\n".join(lines) + "\r\n%sContent-Length: %d\r\n\r\n%s" % (
        contact_of(pbx), len(body), body)


class Call:
    """An answered call of a phone with the PBX, by both its ends."""

    def __init__(self, pbx, phone):
        self.pbx, self.phone = pbx, phone

    def from_phone(self):
        pbx, phone = self.pbx, self.phone
        phone.send(phone.invite_text("600", body=phone.sdp()))
        request = pbx.expect("INVITE")
        pbx.secure = b"RTP/SAVP" in request.body
        check("sip:%s@" % phone.token in request.get("contact"),
              "the PBX cannot call back", request)
        pbx.answer(request, 200, body=body_of(pbx), headers=contact_of(pbx))
        answer = phone.expect_final("INVITE")
        check(answer.code == 200 and len(answer.all("record-route")) == 2,
              "answered with", answer)
        self.ours = Dialog.of_caller(answer)
        phone.send(phone.inside(self.ours, "ACK", cseq=1))
        self.theirs = Dialog.of_called(request, pbx.expect("ACK").tag("to"))
        return self

    def from_pbx(self):
        pbx, phone = self.pbx, self.phone
        self.theirs = Dialog(unique("i"), "<sip:600@%s>;tag=%s" % (
            DOMAIN, unique("p")), "<sip:%s@%s>" % (phone.user, DOMAIN),
            "sip:%s@%s:%d" % (phone.token, HOST, phone.edge.local), [])
        self.theirs.cseq = 0
        pbx.send(pbx_text(pbx, "INVITE", self.theirs, body_of(pbx)))
        request = phone.expect("INVITE")
        tag = unique("t")
        phone.answer(request, 200, tag=tag, body=phone.sdp(),
                     headers=phone.here())
        answer = pbx.expect(200)
        self.theirs.remote = answer.get("to")
        self.theirs.target = answer.contact_uri()
        self.theirs.route = Dialog.of_caller(answer).route
        pbx.send(pbx_text(pbx, "ACK", self.theirs, cseq=1))
        phone.expect("ACK")
        self.ours = Dialog.of_called(request, tag)
        return self

    def phone_asks(self):
        """A re-INVITE of the phone."""
        pbx, phone = self.pbx, self.phone
        phone.send(phone.inside(self.ours, "INVITE", body=phone.sdp(2)))
        pbx.answer(pbx.expect("INVITE"), 200, body=body_of(pbx),
                   headers=contact_of(pbx))
        check(phone.expect_final("INVITE").code == 200, "no re-INVITE")
        phone.send(phone.inside(self.ours, "ACK"))
        pbx.expect("ACK")

    def pbx_asks(self):
        pbx, phone = self.pbx, self.phone
        pbx.send(pbx_text(pbx, "INVITE", self.theirs, body_of(pbx)))
        phone.answer(phone.expect("INVITE"), 200, body=phone.sdp(2),
                     headers=phone.here())
        pbx.expect(200)
        pbx.send(pbx_text(pbx, "ACK", self.theirs, cseq=self.theirs.cseq))
        phone.expect("ACK")

    def phone_ends(self):
        self.phone.send(self.phone.inside(self.ours, "BYE"))
        self.pbx.answer(self.pbx.expect("BYE"), 200)
        check(self.phone.expect_final("BYE").code == 200, "BYE failed")

    def pbx_ends(self):
        self.pbx.send(pbx_text(self.pbx, "BYE", self.theirs))
        self.phone.answer(self.phone.expect("BYE"), 200)
        self.pbx.expect(200)


def both(house):
    """A phone on each side, registered with the PBX."""
    phones = house.phone("1001", house.inside), house.phone("1003",
                                                            house.outside)
    for phone in phones:
        house.pbx.accept_register(phone)
    return phones


def sources(house, inside, outside):
    """Where the edge has seen both come from; else the house is no NAT."""
    for user, source in (("1001", inside), ("1003", outside)):
        record = house.edge.record(kind="register", verdict="allow",
                                   user=user)
        check(record["source"].startswith(source + ":"), "the source is",
              record)


def at_end(edge, count=4):
    """The records of their ends, when there are so many."""
    ends = [r for r in edge.records()
            if r["kind"] == "call" and r["verdict"] == "end"]
    return ends if len(ends) == count else None


# ---- the scenarios

def scenario_calls_of_both_sides_at_once(lab):
    house = House(lab, with_pbx=True).start()
    phones = both(house)
    sources(house, DESK, HOME)
    calls = [Call(house.pbx, phone).from_phone() for phone in phones]
    calls += [Call(house.pbx, phone).from_pbx() for phone in phones]
    for call in calls:
        call.phone_asks()
        call.pbx_asks()
    for call, end in zip(calls, (Call.phone_ends, Call.pbx_ends,
                                 Call.pbx_ends, Call.phone_ends)):
        end(call)
    ended = wait_until(lambda: at_end(house.edge), "the end of every call")
    check(all(r["reason"] == "call-ended" for r in ended), "the ends are",
          ended)


def scenario_a_phone_leaves_the_house_in_its_call(lab):
    """What it knows of the call has the inside name."""
    house = House(lab, with_pbx=True).start()
    desk, _ = both(house)
    calls = [Call(house.pbx, desk).from_phone(),
             Call(house.pbx, desk).from_pbx()]
    desk.close()
    away = house.phone("1001", house.outside)
    house.pbx.accept_register(away)
    check(away.token == desk.token, "it is another phone to the PBX")
    for call in calls:
        check(all(EDGE in r for r in call.ours.route if "transport=tls" in r),
              "the route is", call.ours.route)
        call.phone = away
        call.phone_asks()
        call.pbx_asks()
    calls[0].phone_ends()
    calls[1].pbx_ends()


def scenario_a_router_that_hides_the_sources(lab):
    """Phones outside come with its inside address: who is inside is named."""
    house = House(lab, with_pbx=True, hides_sources=True,
                  inside_from='inside_from = [ "10.77.0.16/28" ];').start()
    phones = both(house)
    sources(house, DESK, ROUTER)
    for phone in phones:
        call = Call(house.pbx, phone).from_phone()
        call.pbx_asks()
        call.phone_ends()
        Call(house.pbx, phone).from_pbx().pbx_ends()


def scenario_an_old_phone_inside(lab):
    """By listen.legacy: the same name, with that listener's port."""
    house = House(lab, with_pbx=True)
    port = lab.ports.take()
    with open(house.edge.config, encoding="utf-8") as file:
        text = file.read()
    lab.write("rempart.conf", text.replace("}; };\nlog", """};
legacy = { address = "0.0.0.0:%d"; tls_min = "1.2"; only = [ "%s/32" ]; }; };
log""" % (port, DESK), 1))
    house.start()
    side = Side(house.site, DESK, (EDGE, port), "%s:%d" % (EDGE, port),
                OUTSIDE)
    phone = house.phone("1001", side, least=ssl.TLSVersion.TLSv1_2,
                        most=ssl.TLSVersion.TLSv1_2)
    house.pbx.accept_register(phone)
    call = Call(house.pbx, phone).from_phone()
    call.phone_asks()
    call.pbx_ends()
    Call(house.pbx, phone).from_pbx().phone_ends()


def ask(caller, dialog, other):
    """A re-INVITE from phone to phone, and its ACK."""
    caller.send(caller.inside(dialog, "INVITE", body=caller.sdp(2)))
    other.answer(other.expect("INVITE"), 200, body=other.sdp(2),
                 headers=other.here())
    check(caller.expect_final("INVITE").code == 200, "no re-INVITE")
    caller.send(caller.inside(dialog, "ACK"))
    other.expect("ACK")


def talk(caller, called):
    """A call between two phones; both ends' dialogs."""
    caller.send(caller.invite_text(called.user, body=caller.sdp()))
    request = called.expect("INVITE")
    tag = unique("t")
    called.answer(request, 200, tag=tag, body=called.sdp(),
                  headers=called.here())
    answer = caller.expect_final("INVITE")
    check(answer.code == 200 and answer.all("record-route"), "answered with",
          answer)
    dialog = Dialog.of_caller(answer)
    caller.send(caller.inside(dialog, "ACK", cseq=1))
    called.expect("ACK")
    return dialog, Dialog.of_called(request, tag)


def scenario_one_side_calls_the_other(lab):
    """Both are users of our own registrar; neither learns the other's name
    of the edge."""
    house = House(lab, with_pbx=False).start()
    desk, home = (house.phone(user, side, secret=edges.password(user))
                  .register() for user, side in (("1001", house.inside),
                                                 ("1003", house.outside)))
    sources(house, DESK, HOME)
    ends = [(desk, home, *talk(desk, home)), (home, desk, *talk(home, desk))]
    for caller, called, dialog, other_dialog in ends:
        ask(caller, dialog, called)
        ask(called, other_dialog, caller)
    for caller, called, dialog, _ in ends:
        caller.send(caller.inside(dialog, "BYE"))
        called.answer(called.expect("BYE"), 200)
        check(caller.expect_final("BYE").code == 200, "BYE failed")


if __name__ == "__main__":
    nets.need()
    main(globals())
