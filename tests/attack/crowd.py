#!/usr/bin/env python3
"""crowd.py PORT CA DOMAIN COUNT - so many phones with a call each, in one
process that a test kills in mid call (see load.py)"""

import sys
import time
from types import SimpleNamespace

from sipclient import Dialog, Phone


def main():
    edge = SimpleNamespace(port=int(sys.argv[1]), ca=sys.argv[2],
                           domain=sys.argv[3])
    lab = SimpleNamespace(closing=lambda thing: thing)
    phones = []
    for i in range(int(sys.argv[4])):
        phone = Phone(lab, edge, "u%d" % i)
        phone.send(phone.register_text())
        phones.append(phone)
    for phone in phones:
        phone.expect_final("REGISTER")
        phone.send(phone.invite_text("600"))
    for phone in phones:
        answer = phone.expect_final("INVITE")
        phone.send(phone.inside(Dialog.of_caller(answer), "ACK", cseq=1))
    print("in call", flush=True)
    time.sleep(600)  # until it is killed


main()
