#!/usr/bin/env python3
"""Proves that whoever does not complete a TLS 1.3 handshake is told, closed
and recorded with the reason, while honest phones get in beside them."""

import os
import socket
import ssl

import edges
from harness import HOST, Failure, check, main, wait_until
from sipclient import Phone


def phone(lab, edge, **options):
    return Phone(lab, edge, secret=edges.password("1001"), **options)


def connect(lab, edge):
    return lab.closing(socket.create_connection((HOST, edge.port), 10))


def read_end(sock):
    """What comes until the other side closes."""
    sock.settimeout(15)
    data = b""
    try:
        while True:
            more = sock.recv(4096)
            if not more:
                return data
            data += more
    except ConnectionResetError:
        return data


def scenario_tls12(lab):
    edge = edges.with_registrar(lab).start()
    try:
        phone(lab, edge, least=ssl.TLSVersion.TLSv1_2,
              most=ssl.TLSVersion.TLSv1_2)
        raise Failure("TLS 1.2 was taken")
    except ssl.SSLError as error:
        check("PROTOCOL_VERSION" in str(error), "the alert is", error)
    record = edge.record(kind="connection", verdict="deny",
                         reason="tls-version")
    check("1.2" in record["detail"], "the record does not name TLS 1.2",
          record)
    phone(lab, edge).register()


def scenario_clear_text(lab):
    edge = edges.with_registrar(lab).start()
    sock = connect(lab, edge)
    sock.sendall(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n")
    read_end(sock)
    edge.record(kind="connection", verdict="deny", reason="clear-text")
    phone(lab, edge).register()


def scenario_noise(lab):
    edge = edges.with_registrar(lab).start()
    sock = connect(lab, edge)
    sock.sendall(b"\x16\x03\x01\x00\x20" + os.urandom(32))
    read_end(sock)
    edge.record(kind="connection", verdict="deny", reason="tls-failed")
    phone(lab, edge).register()


def scenario_wrong_authority(lab):
    """A phone that trusts another authority: its alert is in the log."""
    edge = edges.with_registrar(lab).start()
    lab.certificates("others")
    try:
        phone(lab, edge, ca=lab.path("others", "ca.pem"))
        raise Failure("a phone took a certificate that it cannot know")
    except ssl.SSLCertVerificationError:
        pass
    edge.record(kind="connection", verdict="deny", reason="tls-alert")
    phone(lab, edge).register()


def scenario_slow_handshakes(lab):
    """50 half-open handshakes: phones register beside them, then their time
    is up."""
    edge = edges.with_registrar(lab).start()
    slow = [connect(lab, edge) for _ in range(50)]
    for sock in slow:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    for _ in range(10):
        phone(lab, edge).register()
    for sock in slow:
        read_end(sock)
    edge.record(kind="connection", verdict="deny", reason="tls-timeout")
    phone(lab, edge).register()


def open_files(edge):
    return len(os.listdir("/proc/%d/fd" % edge.process.child.pid))


def scenario_churn(lab):
    """Connections that come and go, in every state, leave nothing open."""
    edge = edges.with_registrar(lab).start()
    phone(lab, edge).register().close()
    wait_until(lambda: not sockets_of(edge), "the first phone to be gone")
    before = open_files(edge)
    for i in range(300):
        sock = connect(lab, edge)
        if i % 3 == 1:
            sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        sock.close()
    for _ in range(60):
        phone(lab, edge).close()
    wait_until(lambda: not sockets_of(edge), "all of them to be gone")
    check(open_files(edge) <= before, "files stay open",
          before, open_files(edge))
    phone(lab, edge).register()


def sockets_of(edge):
    """Established connections to the edge's port, as the kernel sees them:
    what is accepted and not closed."""
    wanted = "%08X:%04X" % (0x0100007F, edge.port)
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return [row for row in rows if row[1] == wanted and
            row[3] in ("01", "08")]  # ESTABLISHED, CLOSE_WAIT


if __name__ == "__main__":
    main(globals())
