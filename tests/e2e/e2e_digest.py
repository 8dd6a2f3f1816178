#!/usr/bin/env python3
"""Proves that our own registrar takes SHA-256 and MD5, and refuses a wrong
password, a wrong user and somebody else's nonce."""

import edges
from harness import check, main
from sipclient import Phone


def phone(lab, edge, user="1001", secret=None):
    return Phone(lab, edge, user, secret=secret or edges.password(user))


def scenario_both_algorithms(lab):
    edge = edges.with_registrar(lab).start()
    for algorithm in ("SHA-256", "MD5"):
        phone(lab, edge).register(algorithm)
        edge.record(kind="register", verdict="allow", user="1001")


def refused(lab, edge, user, secret, **wanted):
    stranger = phone(lab, edge, user, secret)
    challenge = stranger.challenges()[0]
    stranger.send(stranger.register_text(challenge, cseq=2))
    answer = stranger.expect_final("REGISTER")
    check(answer.code == 401, "the stranger was told", answer)
    edge.record(kind="register", reason="bad-credentials", **wanted)


def scenario_wrong_password(lab):
    edge = edges.with_registrar(lab).start()
    refused(lab, edge, "1001", "a-wrong-password")
    phone(lab, edge).register()


def scenario_unknown_user(lab):
    edge = edges.with_registrar(lab).start()
    refused(lab, edge, "9999", "a-wrong-password")
    phone(lab, edge).register()


def scenario_nonce_of_another_connection(lab):
    edge = edges.with_registrar(lab).start()
    one, other = phone(lab, edge), phone(lab, edge)
    stolen = one.register_text(one.challenges()[0], cseq=2)
    other.send(stolen)
    answer = other.expect_final("REGISTER")
    check(answer.code == 401, "a stolen answer is taken", answer)
    check("stale=true" not in answer.get("www-authenticate").lower(),
          "a stolen nonce is called stale", answer)
    phone(lab, edge).register()


if __name__ == "__main__":
    main(globals())
