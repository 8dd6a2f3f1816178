"""nets.py - network namespaces that live as long as the test

Nothing is made outside of them: a namespace is held by the test's descriptor
and by what runs in it, so it is gone with the test, however that ends.
"""

import ctypes
import os
import shutil
import subprocess
import sys

from harness import check

CLONE_NEWNET = 0x40000000
FORWARD = "/proc/sys/net/ipv4/ip_forward"
SKIP = 77  # as tests/e2e/CMakeLists.txt tells ctest
LIBC = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def current():
    """A descriptor of the namespace that this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def tool(*words):
    """Runs one of Debian's administration tools where we are."""
    path = shutil.which(words[0], path=os.environ.get("PATH", "") +
                        ":/usr/sbin:/sbin")
    check(path, "no %s: ./run tests installs it" % words[0])
    done = subprocess.run([path, *words[1:]], capture_output=True, timeout=30)
    check(done.returncode == 0, " ".join(words), done.stderr)


class Space:
    """`with space:` whatever is made meanwhile, sockets and processes, is in
    that network and stays there."""

    def __init__(self, lab):
        self.homes = []
        home = current()
        try:
            call(LIBC.unshare, CLONE_NEWNET)
            self.fd = current()
            call(LIBC.setns, home, CLONE_NEWNET)
        finally:
            os.close(home)
        lab.closing(self)
        with self:
            tool("ip", "link", "set", "lo", "up")

    def __enter__(self):
        self.homes.append(current())
        call(LIBC.setns, self.fd, CLONE_NEWNET)
        return self

    def __exit__(self, *_):
        home = self.homes.pop()
        call(LIBC.setns, home, CLONE_NEWNET)
        os.close(home)

    def close(self):
        os.close(self.fd)

    def address(self, device, *addresses):
        with self:
            for address in addresses:
                tool("ip", "address", "add", address, "dev", device)
            tool("ip", "link", "set", device, "up")

    def gateway(self, address):
        with self:
            tool("ip", "route", "add", "default", "via", address)

    def forward(self):
        with self, open(FORWARD, "w", encoding="ascii") as file:
            file.write("1")

    def nat(self, chain, *words):
        with self:
            tool("iptables", "-w", "-t", "nat", "-A", chain, *words)


def cable(one, its_end, other, other_end):
    """A wire between two namespaces, its ends under these names."""
    with one:
        tool("ip", "link", "add", "name", its_end, "type", "veth", "peer",
             "name", other_end, "netns", "/proc/%d/fd/%d" % (os.getpid(),
                                                            other.fd))


def need():
    """Leaves the machine's network for good; ends the program as skipped
    where that cannot be."""
    reason = ""
    with open(shutil.which(os.environ.get("REMPART_BIN", "rempart")) or
              os.devnull, "rb") as file:
        if file.read(2) == b"#!":
            reason = "REMPART_BIN is a script: its network is not ours"
    if os.geteuid():
        reason = "only root can make network namespaces"
    elif LIBC.unshare(CLONE_NEWNET):
        reason = "network namespaces: " + os.strerror(ctypes.get_errno())
    elif not os.access(FORWARD, os.W_OK):
        reason = FORWARD + " cannot be written: no router can be made"
    if reason:
        print("skipped:", reason)
        sys.exit(SKIP)
    tool("ip", "link", "set", "lo", "up")
