"""edges.py - the configurations that the tests run the edge with"""

import os
import subprocess

from harness import HOST, Edge, check

REALM = "rempart.test"
USERS = ("1001", "1002", "1003")


def password(user):
    return "correct-horse-%s" % user


def user_row(user, realm=REALM):
    """As an operator makes it."""
    done = subprocess.run(
        [os.environ.get("REMPART_BIN", "rempart"), "passwd", "--realm",
         realm, user], input=password(user).encode() + b"\n",
        capture_output=True, timeout=60)
    check(done.returncode == 0, "rempart passwd:", done.stderr)
    return done.stdout.decode().strip().rstrip(",")


def media_ports(lab, count):
    """The first of that many, even."""
    first = lab.ports.take(count + 1)
    return first + first % 2


def media(lab, pbx=True):
    phones, emergency = media_ports(lab, 16), media_ports(lab, 8)
    text = "phones = { port = %d; emergency_ports = \"%d-%d\"; };\n" % (
        phones, emergency, emergency + 7)
    if pbx:
        upstream = media_ports(lab, 40)
        text += "upstream = { ports = \"%d-%d\"; };\n" % (
            upstream, upstream + 39)
    return text


def head(lab, port, papers, more="", pbx=True):
    return """node = "test";
listen = { phones = {
  address = "%s:%d";
  advertise = "%s";
  certificate = "%s/edge.pem";
  key = "%s/edge.key";
}; };
log = { directory = "log"; max_mib = 16; };
state = { directory = "state"; };
media = { %s };
%s
""" % (HOST, port, HOST, papers, papers, media(lab, pbx), more)


def with_registrar(lab, more="", users=USERS, name="rempart"):
    """The edge with users of its own, as in the demo, and a third one."""
    port = lab.ports.take()
    rows = ",\n".join(user_row(user) for user in users)
    text = head(lab, port, lab.certificates(), more, pbx=False)
    text += "registrar = { realm = \"%s\"; users = (\n%s\n); };\n" % (
        REALM, rows)
    edge = Edge(lab, lab.write("rempart.conf", text), name=name)
    edge.port = port
    edge.domain = HOST
    edge.realm = REALM
    edge.ca = lab.path("papers", "ca.pem")
    return edge


def with_pbx(lab, pbx_port, more="", domain=HOST):
    """The edge in front of a PBX at pbx_port."""
    port, local = lab.ports.take(), lab.ports.take()
    text = head(lab, port, lab.certificates(), more)
    text += """upstream = {
  uri = "sip:%s:%d";
  local = "%s:%d";
  domain = "%s";
  srtp = "off";
};
""" % (HOST, pbx_port, HOST, local, domain)
    edge = Edge(lab, lab.write("rempart.conf", text))
    edge.port = port
    edge.local = local
    edge.domain = domain
    edge.ca = lab.path("papers", "ca.pem")
    return edge
