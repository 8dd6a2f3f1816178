"""baresip.py - a real phone: Debian's baresip, driven over its ctrl_tcp"""

import glob
import json
import os
import shutil
import socket
import subprocess
import time

from harness import HOST, WAIT_S, Failure, Process, check, wait_until

# account reads the accounts when it is loaded: after what they name. No
# player: what a phone hears is what sndfile writes down.
MODULES = ("ausine", "auresamp", "ctrl_tcp", "g711", "sndfile", "srtp",
           "account", "menu")

TONE_HZ = {"1001": 400, "1002": 1000, "1003": 1600}


def module_path():
    for path in ("/usr/lib/baresip/modules",
                 *glob.glob("/usr/lib/*/baresip/modules")):
        if os.path.isdir(path):
            return path
    raise Failure("baresip's modules are not there")


class Baresip:
    """One phone of one user."""

    def __init__(self, lab, edge, user, secret, **options):
        check(shutil.which("baresip"),
              "no baresip: apt-get install baresip-core")
        self.lab, self.edge, self.user = lab, edge, user
        self.name = options.get("name", "phone-" + user)
        self.directory = lab.path(self.name)
        self.control_port = lab.ports.take()
        self.events = []
        self.sock, self.rest, self.token = None, b"", 0
        os.mkdir(self.directory)
        self.record_directory = os.path.join(self.directory, "rec")
        os.mkdir(self.record_directory)
        self.write_config(options)
        self.write_account(secret, options)
        self.process = Process(lab, self.name,
                               ["baresip", "-f", self.directory, "-v"])
        self.connect()

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def write_config(self, options):
        rtp = self.lab.ports.take(8)
        path = module_path()
        lines = ["module_path %s" % path]
        lines += ["module %s.so" % name for name in MODULES
                  if os.path.exists(os.path.join(path, name + ".so"))]
        lines += [
            "sip_listen %s:%d" % (HOST, self.lab.ports.take(2)),
            "sip_cafile %s" % options.get("ca", self.edge.ca),
            "sip_verify_server yes",
            "net_interface %s" % HOST,
            "rtp_ports %d-%d" % (rtp, rtp + 7),
            "call_local_timeout 60",
            "call_max_calls 4",
            "audio_source ausine,%d" % TONE_HZ.get(self.user, 500),
            "ausrc_srate 48000",  # all that ausine can
            "ausrc_channels 2",
            "audio_path /nonexistent",
            "ctrl_tcp_listen %s:%d" % (HOST, self.control_port),
            "snd_path %s" % self.record_directory,
            "statmode_default off",
        ]
        self.write("config", "\n".join(lines) + "\n")

    def write_account(self, secret, options):
        self.aor = "sip:%s@%s" % (self.user, self.edge.domain)
        text = "<%s;transport=tls>;auth_user=%s;auth_pass=%s" % (
            self.aor, self.user, secret)
        text += ";outbound=\"sip:%s:%d;transport=tls\"" % (HOST,
                                                           self.edge.port)
        text += ";mediaenc=%s;audio_codecs=pcmu/8000/1;regint=%d" % (
            options.get("mediaenc", "srtp-mand"),
            options.get("regint", 600))
        text += options.get("account", "")
        self.write("accounts", text + "\n")
        self.write("contacts", "")

    def connect(self):
        def try_it():
            check(self.process.running(), "%s ended" % self.name)
            try:
                return socket.create_connection((HOST, self.control_port), 5)
            except OSError:
                return None
        self.sock = wait_until(try_it, "%s to listen" % self.name)
        self.lab.closing(self.sock)

    def pump(self, timeout_s):
        """Reads what baresip says into self.events."""
        self.sock.settimeout(max(timeout_s, 0.001))
        try:
            data = self.sock.recv(65536)
        except (socket.timeout, BlockingIOError):
            return
        check(data, "%s closed its control connection" % self.name)
        self.rest += data
        while b":" in self.rest:  # netstrings
            size, rest = self.rest.split(b":", 1)
            if len(rest) < int(size) + 1:
                return
            self.events.append(json.loads(rest[:int(size)]))
            self.rest = rest[int(size) + 1:]

    def wait(self, kind, after=0, timeout_s=WAIT_S, **wanted):
        """The index past the first event of this type from `after` on."""
        end = time.monotonic() + timeout_s
        while True:
            for i in range(after, len(self.events)):
                event = self.events[i]
                if event.get("type") == kind and all(
                        event.get(k) == v for k, v in wanted.items()):
                    self.last = event
                    return i + 1
            left = end - time.monotonic()
            if left <= 0:
                raise Failure("%s: no event %s; there are: %s" % (
                    self.name, kind, self.events[after:]))
            self.pump(min(left, 0.5))

    def mark(self):
        self.pump(0.001)
        return len(self.events)

    def command(self, command, params="", must=True):
        """Returns what baresip answers; must: it says that it could."""
        self.token += 1
        token = "t%d" % self.token
        text = json.dumps({"command": command, "params": params,
                           "token": token}).encode()
        self.sock.settimeout(WAIT_S)
        self.sock.sendall(b"%d:%s," % (len(text), text))
        end = time.monotonic() + WAIT_S
        while True:
            for event in self.events:
                if event.get("response") and event.get("token") == token:
                    check(event["ok"] or not must,
                          "%s: %s:" % (self.name, command), event)
                    return event.get("data", "")
            check(time.monotonic() < end, "%s: no answer to" % self.name,
                  command)
            self.pump(0.2)

    def registered(self):
        # Not the event: it may come before we are connected to see it.
        self.process.wait_output("} 200 OK")
        return self

    def dial(self, user):
        self.command("dial", "sip:%s@%s" % (user, self.edge.domain))

    def accept(self):
        self.command("accept")

    def hangup(self):
        self.command("hangup")

    def quit(self):
        """Ends as a person ends it: the phone unregisters."""
        self.command("quit")
        try:
            self.process.child.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            raise Failure("%s does not quit" % self.name) from None

    def recordings(self):
        """What was heard: the decoder's side."""
        return sorted(glob.glob(os.path.join(self.record_directory,
                                             "*dec*.wav")))
