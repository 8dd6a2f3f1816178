"""pbxstub.py - a PBX of a few lines over UDP, driven step by step"""

import re
import socket
import threading
import time

from harness import HOST, WAIT_S, Failure, check
from sipclient import Message, answer_text, plain, unique


class Pbx:
    """Keeps every datagram that came in self.seen."""

    def __init__(self, lab, port=None):
        self.port = port or lab.ports.take()
        self.sock = lab.closing(socket.socket(socket.AF_INET,
                                              socket.SOCK_DGRAM))
        self.sock.bind((HOST, self.port))
        self.edge_address = None
        self.seen, self.inbox, self.known = [], [], set()

    def pump(self, timeout_s):
        self.sock.settimeout(max(timeout_s, 0.001))
        try:
            data, self.edge_address = self.sock.recvfrom(65535)
        except (socket.timeout, BlockingIOError):
            return
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.strip():
            return
        message = Message(head, body)
        self.seen.append(message)
        key = (message.start, message.get("via"), message.get("cseq"))
        if key not in self.known:  # else a retransmission
            self.known.add(key)
            self.inbox.append(message)

    def expect(self, wanted, timeout_s=WAIT_S):
        end = time.monotonic() + timeout_s
        while True:
            for message in self.inbox:
                if wanted in (message.method, message.code):
                    self.inbox.remove(message)
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("the PBX got no %s; there are: %r" % (
                    wanted, self.inbox))
            self.pump(min(left, 0.5))

    def drain(self, seconds=0.3):
        """Reads on until nothing came for a while; what was seen."""
        while True:
            before = len(self.seen)
            self.pump(seconds)
            if len(self.seen) == before:
                return self.seen

    def invited(self):
        """The Request-URI of every call that came in."""
        return {m.ruri for m in self.drain() if m.method == "INVITE"}

    def send(self, text):
        self.sock.sendto(text.encode() if isinstance(text, str) else text,
                         self.edge_address)

    def answer(self, request, code, phrase="Answer", **options):
        options.setdefault("tag", unique("p"))
        self.send(answer_text(request, code, phrase, **options))

    def accept_register(self, phone, **options):
        """The REGISTER of this phone, accepted; as the PBX saw it."""
        phone.send(phone.register_text(**options))
        request = self.expect("REGISTER")
        self.answer(request, 200, "OK", headers="Contact: %s;expires=%d\r\n"
                    % (request.get("contact").split(";expires")[0],
                       options.get("expires", 600)))
        answer = phone.expect_final("REGISTER")
        check(answer.code == 200, "not registered:", answer)
        phone.token = re.search(r"sip:([^@]+)@",
                                request.get("contact")).group(1)
        return request

    def accept_invite(self, phone, text=None):
        """A call of this phone to the PBX itself, up to the ACK. Returns
        (INVITE as the PBX saw it, the answer as the phone saw it)."""
        phone.send(text or phone.invite_text("600"))
        request = self.expect("INVITE")
        self.answer(request, 200, "OK", body=plain(9100),
                    headers="Contact: <sip:600@%s:%d>\r\n" % (HOST,
                                                             self.port))
        return request, phone.expect_final("INVITE")

    # ---- for a crowd: everything is answered by a thread

    def serve(self):
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.serve_loop, daemon=True)
        self.thread.start()
        return self

    def serve_loop(self):
        while not self.stopped.is_set():
            try:
                self.pump(0.1)
            except OSError:
                return  # closed: the test is over
            while self.inbox:
                request = self.inbox.pop(0)
                if request.method not in ("", "ACK"):
                    self.serve_request(request)

    def serve_request(self, request):
        options = {}
        if request.method == "REGISTER":
            options["headers"] = "Contact: %s;expires=600\r\n" % (
                request.get("contact"))
        elif request.method == "INVITE":
            options["headers"] = "Contact: <sip:600@%s:%d>\r\n" % (
                HOST, self.port)
            options["body"] = plain(9100)
        self.answer(request, 200, "OK", **options)

    def end_serve(self):
        self.stopped.set()
        self.thread.join()
