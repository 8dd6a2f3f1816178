"""sipclient.py - a small SIP phone over TLS 1.3, to say what no phone would

Everything is done step by step by the test itself, without threads: send,
then wait for what comes. Also the parsing that the PBX stub shares.
"""

import hashlib
import itertools
import re
import socket
import ssl
import time

from harness import HOST, WAIT_S, Failure, check

NUMBERS = itertools.count(1)
SUITE_KEY = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

SDP = """v=0\r
o=- 1 {version} IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio {port} RTP/SAVP 0\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r
a=rtpmap:0 PCMU/8000\r
"""



def offer(port=9000, version=1):
    return SDP.format(port=port, version=version, key=SUITE_KEY)


def plain(port=9000, version=1):
    """The same without SRTP, as the PBX speaks."""
    lines = [line for line in offer(port, version).split("\r\n")
             if not line.startswith("a=crypto:")]
    return "\r\n".join(lines).replace("RTP/SAVP", "RTP/AVP")


PLAIN_SDP = plain()


def unique(prefix=""):
    return "%s%d%x" % (prefix, next(NUMBERS), time.monotonic_ns())


class Message:
    """A message that came; names are compared as RFC 3261 7.3.3 says."""

    SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id",
             "m": "contact", "l": "content-length", "c": "content-type"}

    def __init__(self, head, body):
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.start, self.body, self.headers = lines[0], body, []
        for line in lines[1:]:
            if line[:1] in (" ", "\t") and self.headers:
                self.headers[-1][1] += " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                self.headers.append([self.SHORT.get(name, name),
                                     value.strip()])
        words = self.start.split(" ", 2)
        self.is_request = not self.start.startswith("SIP/2.0")
        self.method = words[0] if self.is_request else ""
        self.ruri = words[1] if self.is_request else ""
        self.code = 0 if self.is_request else int(words[1])
        self.raw = head + b"\r\n\r\n" + body

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else ""

    def tag(self, name):
        found = re.search(r";\s*tag=([^;>\s]+)", self.get(name))
        return found.group(1) if found else ""

    def cseq(self):
        number, method = self.get("cseq").split()
        return int(number), method

    def contact_uri(self):
        return uri_of(self.get("contact"))

    def __repr__(self):
        return self.raw.decode("utf-8", "replace")


def uri_of(value):
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0]


def parameters(value):
    """Of a challenge: a dictionary."""
    return {k.lower(): v.strip('"') for k, v in
            re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', value)}


def digest(challenge, method, uri, user, secret):
    """The value of Authorization, RFC 7616."""
    given = parameters(challenge)
    name = given.get("algorithm", "MD5")
    make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[name]

    def h(text):
        return make(text.encode()).hexdigest()
    cnonce, count = unique("c"), "00000001"
    ha1 = h("%s:%s:%s" % (user, given["realm"], secret))
    ha2 = h("%s:%s" % (method, uri))
    response = h(":".join((ha1, given["nonce"], count, cnonce, "auth", ha2)))
    return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", '
            'response="%s", algorithm=%s, cnonce="%s", qop=auth, nc=%s' % (
                user, given["realm"], given["nonce"], uri, response, name,
                cnonce, count))


def take_message(data):
    """(message or None, rest) of a stream."""
    data = data.lstrip(b"\r\n")
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None, data
    size = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", data[:end])
    total = end + 4 + (int(size.group(1)) if size else 0)
    if len(data) < total:
        return None, data
    return Message(data[:end], data[end + 4:total]), data[total:]


def answer_text(request, code, phrase="Answer", headers="", body="",
                tag=""):
    """A response to a request, as a user agent writes it."""
    to = request.get("to")
    if not request.tag("to") and tag:
        to += ";tag=" + tag
    lines = ["SIP/2.0 %d %s" % (code, phrase)]
    lines += ["Via: " + via for via in request.all("via")]
    if code < 300:
        lines += ["Record-Route: " + r for r in request.all("record-route")]
    lines += ["From: " + request.get("from"), "To: " + to,
              "Call-ID: " + request.get("call-id"),
              "CSeq: " + request.get("cseq")]
    text = "\r\n".join(lines) + "\r\n" + headers
    if body:
        text += "Content-Type: application/sdp\r\n"
    return text + "Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Dialog:
    """One end of a call, enough to send requests inside it."""

    def __init__(self, call_id, local, remote, target, route):
        self.call_id, self.local, self.remote = call_id, local, remote
        self.target, self.route = target, route
        self.cseq = 100

    @classmethod
    def of_caller(cls, answer):
        return cls(answer.get("call-id"), answer.get("from"),
                   answer.get("to"), answer.contact_uri(),
                   list(reversed(split_routes(answer))))

    @classmethod
    def of_called(cls, request, own_tag):
        return cls(request.get("call-id"),
                   request.get("to") + ";tag=" + own_tag,
                   request.get("from"), request.contact_uri(),
                   split_routes(request))


def split_routes(message):
    """Record-Route entries in their order, one a list item."""
    found = []
    for value in message.all("record-route"):
        found += re.findall(r"<[^>]*>[^,]*", value)
    return [v.strip() for v in found]


class Phone:
    """A phone on this machine, unless it is told to dial another `address`,
    `source` its own, and `name` what must stand in the certificate."""

    def __init__(self, lab, edge, user="1001", **options):
        self.lab, self.edge, self.user = lab, edge, user
        self.secret = options.get("secret", "")
        self.rest, self.inbox, self.closed = b"", [], False
        self.pongs = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = options.get("least",
                                              ssl.TLSVersion.TLSv1_3)
        context.maximum_version = options.get("most", ssl.TLSVersion.TLSv1_3)
        context.load_verify_locations(options.get("ca", edge.ca))
        source = options.get("source")
        raw = socket.create_connection(
            options.get("address", (HOST, edge.port)), WAIT_S,
            (source, 0) if source else None)
        try:
            self.sock = context.wrap_socket(
                raw, server_hostname=options.get("name", HOST))
        except Exception:
            raw.close()
            raise
        lab.closing(self.sock)
        self.host, self.port = self.sock.getsockname()[:2]
        self.contact = "sip:%s@%s:%d;transport=tls" % (user, self.host,
                                                       self.port)

    # ---- bytes

    def send(self, data):
        self.sock.settimeout(WAIT_S)
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def pump(self, timeout_s):
        self.sock.settimeout(max(timeout_s, 0.001))
        try:
            data = self.sock.recv(65536)
        except (socket.timeout, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        if not self.rest and data == b"\r\n":
            self.pongs += 1
            return
        self.rest += data
        while True:
            message, self.rest = take_message(self.rest)
            if not message:
                return
            self.inbox.append(message)

    def expect(self, wanted, timeout_s=WAIT_S):
        """Takes the first message that wanted(message) holds for; a number
        or a method stands for the obvious."""
        test = wanted
        if isinstance(wanted, int):
            def test(m): return m.code == wanted
        elif isinstance(wanted, str):
            def test(m): return m.method == wanted
        end = time.monotonic() + timeout_s
        while True:
            for message in self.inbox:
                if test(message):
                    self.inbox.remove(message)
                    return message
            left = end - time.monotonic()
            if left <= 0 or self.closed:
                raise Failure("%s: %s instead of %s; there are: %r" % (
                    self.user, "closed" if self.closed else "nothing",
                    wanted, self.inbox))
            self.pump(min(left, 0.5))

    def expect_final(self, method, timeout_s=WAIT_S):
        return self.expect(lambda m: m.code >= 200 and
                           m.get("cseq").endswith(" " + method), timeout_s)

    def expect_closed(self, timeout_s=WAIT_S):
        end = time.monotonic() + timeout_s
        while not self.closed:
            check(time.monotonic() < end, "the connection stays open")
            self.pump(0.5)

    def close(self):
        self.sock.close()

    # ---- requests

    def request(self, method, ruri=None, **options):
        """The text of a request outside a dialog."""
        get = options.get
        aor = "sip:%s@%s" % (self.user, self.edge.domain)
        branch = get("branch") or "z9hG4bK" + unique()
        lines = ["%s %s SIP/2.0" % (method, ruri or "sip:" +
                                    self.edge.domain),
                 "Via: SIP/2.0/TLS %s:%d;branch=%s;rport" % (
                     self.host, self.port, branch),
                 "Max-Forwards: 70",
                 "From: %s" % (get("from_") or "<%s>;tag=%s" % (
                     aor, get("tag") or unique("f"))),
                 "To: %s" % (get("to") or "<%s>" % (ruri or aor)),
                 "Call-ID: %s" % (get("call_id") or unique("i")),
                 "CSeq: %d %s" % (get("cseq", 1), method)]
        if get("contact", True):
            lines.append("Contact: <%s>" % self.contact)
        body = get("body", "")
        if body:
            lines.append("Content-Type: %s" % get("type", "application/sdp"))
        text = "\r\n".join(lines) + "\r\n" + get("headers", "")
        return text + "Content-Length: %d\r\n\r\n%s" % (len(body), body)

    def inside(self, dialog, method, **options):
        """The text of a request inside a dialog."""
        get = options.get
        if method not in ("ACK", "CANCEL"):
            dialog.cseq += 1
        lines = ["%s %s SIP/2.0" % (method, get("ruri") or dialog.target),
                 "Via: SIP/2.0/TLS %s:%d;branch=z9hG4bK%s;rport" % (
                     self.host, self.port, unique()),
                 "Max-Forwards: 70",
                 "From: " + (get("from_") or dialog.local),
                 "To: " + (get("to") or dialog.remote),
                 "Call-ID: " + (get("call_id") or dialog.call_id),
                 "CSeq: %d %s" % (get("cseq") or dialog.cseq, method),
                 "Contact: <%s>" % self.contact]
        lines += ["Route: " + r for r in get("route", dialog.route)]
        body = get("body", "")
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join(lines) + "\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body), body)

    def register_text(self, challenge="", **options):
        ruri = "sip:" + self.edge.domain
        headers = options.pop("headers", "") + "Expires: %d\r\n" % (
            options.pop("expires", 600))
        if challenge:
            headers += "Authorization: %s\r\n" % digest(
                challenge, "REGISTER", ruri, self.user, self.secret)
        aor = "<sip:%s@%s>" % (self.user, self.edge.domain)
        return self.request("REGISTER", ruri, to=aor, headers=headers,
                            **options)

    def challenges(self):
        """Sends a REGISTER without credentials; all the challenges."""
        self.send(self.register_text())
        return self.expect_final("REGISTER").all("www-authenticate")

    def register(self, algorithm="SHA-256"):
        """With our own registrar; returns self."""
        for challenge in self.challenges():
            if parameters(challenge).get("algorithm", "MD5") == algorithm:
                break
        else:
            raise Failure("no challenge for " + algorithm)
        self.send(self.register_text(challenge, cseq=2))
        answer = self.expect_final("REGISTER")
        check(answer.code == 200, "not registered:", answer)
        return self

    def answer(self, request, code, phrase="Answer", **options):
        self.send(answer_text(request, code, phrase, **options))

    def invite_text(self, user, **options):
        return self.request("INVITE", "sip:%s@%s" % (
            user, self.edge.domain), **dict({"body": offer()}, **options))
