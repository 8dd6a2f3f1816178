"""rtpclient.py - one end of a call's media: RTP, or SRTP by libsrtp2

The library is the one that Debian packages, called through ctypes. Everything
is done step by step by the test itself: send, then wait for what comes.
"""

import base64
import ctypes
import hashlib
import itertools
import os
import socket
import struct

from harness import HOST, WAIT_S, Failure, check

NUMBERS = itertools.count(1)
SAMPLES = 160  # of G.711 in 20 ms
SR, RR, SDES, BYE = 200, 201, 202, 203
AES_80, AES_32 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
AES_256, AES_256_32 = "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32"
GCM, GCM_256 = "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"
ALIASES = {"AES_CM_256_HMAC_SHA1_80": AES_256,
           "AES_CM_256_HMAC_SHA1_32": AES_256_32}

# Suite: bytes of key and salt; libsrtp2's names of its policies for RTP and
# RTCP, whose tag always has 80 bits (RFC 3711 5.2).
SUITES = {
    AES_80: (30, "rtp_default", "rtp_default"),
    AES_32: (30, "aes_cm_128_hmac_sha1_32", "rtp_default"),
    AES_256: (46, "aes_cm_256_hmac_sha1_80", "aes_cm_256_hmac_sha1_80"),
    AES_256_32: (46, "aes_cm_256_hmac_sha1_32", "aes_cm_256_hmac_sha1_80"),
    GCM: (28, "aes_gcm_128_16_auth", "aes_gcm_128_16_auth"),
    GCM_256: (44, "aes_gcm_256_16_auth", "aes_gcm_256_16_auth"),
}


# ---- libsrtp2

class CryptoPolicy(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in (
        "cipher", "cipher_key_len", "auth", "auth_key_len", "auth_tag_len",
        "services")]


class MasterKey(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("mki", ctypes.c_char_p),
                ("mki_size", ctypes.c_uint)]


class Policy(ctypes.Structure):
    _fields_ = [
        ("ssrc_type", ctypes.c_int), ("ssrc", ctypes.c_uint),
        ("rtp", CryptoPolicy), ("rtcp", CryptoPolicy),
        ("key", ctypes.c_char_p),
        ("keys", ctypes.POINTER(ctypes.POINTER(MasterKey))),
        ("keys_count", ctypes.c_ulong), ("ekt", ctypes.c_void_p),
        ("window_size", ctypes.c_ulong), ("allow_repeat_tx", ctypes.c_int),
        ("enc_xtn_hdr", ctypes.c_void_p),
        ("enc_xtn_hdr_count", ctypes.c_int), ("next", ctypes.c_void_p)]


ANY_INBOUND, ANY_OUTBOUND = 2, 3
AUTH_FAILED, REPLAYED, OLD = 7, 9, 10
LIBRARY = []


def library():
    if not LIBRARY:
        lib = ctypes.CDLL("libsrtp2.so.1")
        check(lib.srtp_init() == 0, "srtp_init failed")
        LIBRARY.append(lib)
    return LIBRARY[0]


class Forged(Failure):
    """No key of ours authenticates it."""


class Context:
    """One key, one way."""

    def __init__(self, key, outbound):
        lib, policy = library(), Policy()
        _, rtp, rtcp = SUITES[key.suite]
        for name, part in ((rtp, policy.rtp), (rtcp, policy.rtcp)):
            getattr(lib, "srtp_crypto_policy_set_" + name)(
                ctypes.byref(part))
        policy.ssrc_type = ANY_OUTBOUND if outbound else ANY_INBOUND
        policy.window_size = 128
        self.mki = bool(key.mki)
        self.master = MasterKey(key.bytes, key.mki or b"\0", len(key.mki))
        self.array = (ctypes.POINTER(MasterKey) * 1)(
            ctypes.pointer(self.master))
        policy.keys, policy.keys_count = self.array, 1
        self.session = ctypes.c_void_p()
        check(lib.srtp_create(ctypes.byref(self.session),
                              ctypes.byref(policy)) == 0, "srtp_create")

    def protect(self, data, rtcp=False):
        name = "srtp_protect_rtcp_mki" if rtcp else "srtp_protect_mki"
        return self.turn(name, data, self.mki, 0)

    def unprotect(self, data, rtcp=False):
        name = "srtp_unprotect_rtcp_mki" if rtcp else "srtp_unprotect_mki"
        return self.turn(name, data, self.mki)

    def turn(self, name, data, *more):
        buffer = ctypes.create_string_buffer(data, len(data) + 256)
        size = ctypes.c_int(len(data))
        status = getattr(library(), name)(
            self.session, buffer, ctypes.byref(size), *more)
        if status in (AUTH_FAILED, REPLAYED, OLD):
            raise Forged("%s: %s" % (name, status))
        check(status == 0, name, status)
        return buffer.raw[:size.value]


class Key:
    """As an a=crypto line says."""

    def __init__(self, name=AES_80, **options):
        self.name, self.suite = name, ALIASES.get(name, name)
        self.tag = options.get("tag", 1)
        self.mki = options.get("mki", b"")
        self.lifetime = options.get("lifetime", "")
        self.bytes = options.get("bytes") or os.urandom(
            SUITES[self.suite][0])

    def line(self):
        text = base64.b64encode(self.bytes).decode()
        if self.lifetime:
            text += "|" + self.lifetime
        if self.mki:
            text += "|%d:%d" % (int.from_bytes(self.mki, "big"),
                                len(self.mki))
        return "%d %s inline:%s" % (self.tag, self.name, text)

    @classmethod
    def read(cls, line):
        tag, name, text = line.split()[:3]
        return cls(name, tag=int(tag), bytes=base64.b64decode(
            text[len("inline:"):].split("|")[0]))


# ---- packets

def audio(number):
    """Bytes that no other packet has."""
    return hashlib.shake_128(b"%d" % number).digest(SAMPLES)


class Packet:
    """An RTP packet without CSRCs and extensions."""

    def __init__(self, data):
        check(len(data) >= 12 and data[0] >> 6 == 2, "no RTP:", data)
        check(data[0] == 0x80, "more than was sent in", data)
        second, self.sequence, self.timestamp, self.ssrc = struct.unpack(
            ">BHII", data[1:12])
        self.marker, self.type = bool(second >> 7), second & 127
        self.payload = data[12:]

    @staticmethod
    def write(sequence, timestamp, ssrc, payload, marker=False, kind=0):
        return struct.pack(">BBHII", 0x80, marker << 7 | kind,
                           sequence & 0xffff, timestamp & 0xffffffff,
                           ssrc) + payload


def is_rtcp(data):
    return len(data) > 1 and 192 <= data[1] <= 223


def rtcp_parts(data):
    """[(type, count, bytes)] of a compound."""
    found = []
    while data:
        check(len(data) >= 4 and data[0] >> 6 == 2, "no RTCP:", data)
        size = 4 * (struct.unpack(">H", data[2:4])[0] + 1)
        check(size <= len(data), "cut RTCP:", data)
        found.append((data[1], data[0] & 31, data[:size]))
        data = data[size:]
    return found


def rtcp_write(kind, count, body):
    body += bytes(-len(body) % 4)
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def report_block(ssrc, lost=0):
    return struct.pack(">IBBHIIII", ssrc, lost, 0, lost, 1000, 3, 0, 0)


def sender_report(ssrc, reported=None, packets=7):
    blocks = report_block(reported) if reported is not None else b""
    return rtcp_write(SR, bool(blocks), struct.pack(
        ">IQIII", ssrc, 0x1122334455667788, 160, packets,
        packets * SAMPLES) + blocks) + rtcp_write(
            SDES, 1, struct.pack(">IBB", ssrc, 1, 4) + b"test\0")


def receiver_report(ssrc, reported):
    return rtcp_write(RR, 1, struct.pack(">I", ssrc) +
                      report_block(reported))


def goodbye(*ssrcs):
    return rtcp_write(RR, 0, struct.pack(">I", ssrcs[0])) + rtcp_write(
        BYE, len(ssrcs), struct.pack(">%dI" % len(ssrcs), *ssrcs))


# ---- an end

def bound(lab, host, port):
    sock = lab.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.bind((host, port))
    return sock


class End:
    """RTP at a port, RTCP at the next one (or at the same: mux). With keys it
    speaks SRTP, without them RTP."""

    def __init__(self, lab, host=HOST, port=0):
        self.lab, self.host = lab, host
        self.move(port)
        self.to = self.to_rtcp = None
        self.own = self.theirs = None  # keys
        self.seal = self.open = None
        self.mux = False
        self.ssrc = 0x10000000 + next(NUMBERS)
        self.sequence, self.timestamp = 1000, 160
        self.wire = []  # RTP as it was sent
        self.waiting = {False: [], True: []}  # by rtcp

    def move(self, port=0):
        """To another pair of ports."""
        if not port:
            port = self.lab.ports.take(3)
            port += port % 2
        self.port = port
        self.rtp = bound(self.lab, self.host, port)
        self.rtcp = bound(self.lab, self.host, port + 1)

    def keys(self, own, theirs):
        """A key that stays keeps its counters."""
        if own is not self.own:
            self.own, self.seal = own, own and Context(own, True)
        if not (theirs and self.theirs and theirs.suite == self.theirs.suite
                and theirs.bytes == self.theirs.bytes):
            self.theirs, self.open = theirs, theirs and Context(theirs, False)

    def restart(self):
        """Our counters begin again under the same key."""
        self.seal = Context(self.own, True)

    # ---- out

    def packet(self, payload=None, kind=0):
        """The next one, as it goes out; its payload."""
        if payload is None:
            payload = audio(next(NUMBERS))
        plain = Packet.write(self.sequence, self.timestamp, self.ssrc,
                             payload, kind=kind)
        self.sequence = self.sequence + 1 & 0xffff
        self.timestamp += SAMPLES
        return self.seal.protect(plain) if self.seal else plain, payload

    def send(self, payload=None, kind=0):
        data, payload = self.packet(payload, kind)
        self.rtp.sendto(data, self.to)
        self.wire.append(data)  # for those who replay it, not who race it
        return payload

    def skip(self):
        """Loses a packet on its way."""
        self.packet()

    def send_rtcp(self, plain):
        data = self.seal.protect(plain, True) if self.seal else plain
        if self.mux:
            self.rtp.sendto(data, self.to)
        else:
            self.rtcp.sendto(data, self.to_rtcp)

    # ---- in

    def pump(self, sock, timeout_s):
        sock.settimeout(timeout_s)
        try:
            data, source = sock.recvfrom(65535)
        except (socket.timeout, BlockingIOError):
            return False
        wanted = self.to if sock is self.rtp else self.to_rtcp
        check(source == wanted, "heard %r instead of" % (source,), wanted)
        rtcp = is_rtcp(data)
        check(self.mux or rtcp == (sock is self.rtcp), "on the wrong port")
        if self.open:
            data = self.open.unprotect(data, rtcp)
        self.waiting[rtcp].append(data if rtcp else Packet(data))
        return True

    def hear(self, rtcp=False, timeout_s=WAIT_S):
        sock = self.rtcp if rtcp and not self.mux else self.rtp
        while not self.waiting[rtcp]:
            check(self.pump(sock, timeout_s), "port %d: nothing in %d s" % (
                self.port + (sock is self.rtcp), timeout_s))
        return self.waiting[rtcp].pop(0)

    def hear_rtcp(self):
        """The parts of what comes next."""
        return rtcp_parts(self.hear(True))

    def heard_nothing(self):
        """To be asked after something that came later was heard."""
        for sock in (self.rtp, self.rtcp):
            self.pump(sock, 0)
        check(not self.waiting[False] and not self.waiting[True],
              "port %d heard" % self.port, self.waiting)


def say(one, other, count=5):
    """`count` packets that arrive as they were, in order, no others between.
    Returns the last of them."""
    first = None
    for _ in range(count):
        sequence, timestamp = one.sequence, one.timestamp
        payload = one.send()
        packet = other.hear()
        check(packet.payload == payload, "another payload than was sent: %d "
              "for" % packet.sequence, sequence)
        check((packet.sequence, packet.timestamp, packet.type) ==
              (sequence, timestamp & 0xffffffff, 0), "another header")
        first = first or packet
        check(packet.ssrc == first.ssrc, "the SSRC changed")
    return packet


def talk(one, other, count=5):
    say(one, other, count)
    say(other, one, count)


def talk_full(one, other, count):
    """Both ways at once, in bunches that fit any buffer."""
    for at in range(0, count, 20):
        bunch = range(at, min(at + 20, count))
        sent = [(one.send(), other.send()) for _ in bunch]
        for first, second in sent:
            check(other.hear().payload == first and
                  one.hear().payload == second, "not what was sent")


# ---- a tone, for phones of real people

def ulaw(sample):
    """ITU-T G.711."""
    sign, sample = (0x80, -sample) if sample < 0 else (0, sample)
    sample = min(sample, 32635) + 132
    exponent = max(sample.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | sample >> exponent + 3 & 15) & 0xff


def linear(byte):
    byte = ~byte & 0xff
    value = ((byte & 15) << 3) + 132 << (byte >> 4 & 7)
    return 132 - value if byte & 0x80 else value - 132
