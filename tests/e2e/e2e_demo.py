#!/usr/bin/env python3
"""Proves that the embedded default works with nothing but its directory: two
phones with the passwords that it made register and call each other."""

import e2e_call
import edges
from baresip import Baresip
from harness import HOST, Edge, check, main


def read_users(path):
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file]


def start(lab):
    port, media = lab.ports.take(), edges.media_ports(lab, 56)
    directory = lab.certificates()
    edge = Edge(lab, argv=["run", "--demo", directory, "--port", str(port),
                          "--media-port", str(media)])
    edge.log_directory = lab.path("papers", "log")
    edge.port, edge.domain = port, HOST
    edge.ca = lab.path("papers", "ca.pem")
    edge.start()
    return edge, read_users(lab.path("papers", "demo-users"))


def scenario_call(lab):
    edge, users = start(lab)
    phones = []
    for user, secret in users:
        phones.append(Baresip(lab, edge, user, secret).registered())
    e2e_call.call(*phones)
    e2e_call.both_hear(*phones)
    phones[1].hangup()
    phones[0].wait("CALL_CLOSED")
    edge.record(kind="call", verdict="end", reason="call-ended")


def scenario_same_again(lab):
    """A second start keeps users, passwords and the chain of records."""
    edge, users = start(lab)
    edge.stop()
    edge.start()
    same = read_users(lab.path("papers", "demo-users"))
    check(same == users, "other users after a restart", same)


if __name__ == "__main__":
    main(globals())
