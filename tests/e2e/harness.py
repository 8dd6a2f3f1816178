"""harness.py - what every end-to-end and attack test stands on

A Lab has its own temporary directory, its own ports, its own certificates and
its own processes; it ends only what it started, by pid, also on failure. A
test program calls main(globals()): its first argument names the scenario, the
function scenario_NAME(lab).

From the environment: REMPART_BIN, the edge under test; REMPART_SOURCE, the
checkout; REMPART_E2E_KEEP=1 keeps the directory for a person to look at.
REMPART_BIN may be a script that runs the program of a container image with
its own arguments: on the host's network, with the Lab's directory at the same
path and readable by the image's user, passing on SIGTERM, SIGHUP and the exit
status.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HOST = "127.0.0.1"
# Below the kernel's ephemeral ports, so that nobody is given one by chance.
PORTS_FIRST, PORTS_BLOCK, PORTS_BLOCKS = 20000, 200, 60
WAIT_S = 20
SCENARIO_S = 100
PR_SET_PDEATHSIG = 1
SANITIZER = (b"Sanitizer", b"runtime error:", b"Assertion `")
# Freed memory is kept for a while, but not so much that a leak looks alike.
SANITIZERS = {"ASAN_OPTIONS": "quarantine_size_mb=8:detect_leaks=1",
              "UBSAN_OPTIONS": "print_stacktrace=1"}
SOURCE = os.environ.get("REMPART_SOURCE") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failure(Exception):
    """What was expected did not happen."""


def check(condition, text, *more):
    """An assertion that python -O does not remove."""
    if not condition:
        raise Failure(" ".join([str(text)] + [repr(m) for m in more]))


def wait_until(probe, what, timeout_s=WAIT_S):
    """The first true value of probe(); Failure after timeout_s."""
    end = time.monotonic() + timeout_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %d s for %s" % (timeout_s, what))
        time.sleep(0.02)


class Ports:
    """A block of ports that no other test uses while we live."""

    def __init__(self):
        base = os.path.join(tempfile.gettempdir(),
                            "rempart-e2e-ports.%d" % os.getuid())
        os.makedirs(base, mode=0o700, exist_ok=True)
        self.lock = None
        for block in range(PORTS_BLOCKS):
            fd = os.open(os.path.join(base, str(block)),
                         os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(fd)
                continue
            self.lock = fd
            self.next = PORTS_FIRST + block * PORTS_BLOCK
            self.end = self.next + PORTS_BLOCK
            return
        raise Failure("every block of ports is taken")

    @staticmethod
    def free(port):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as sock:
                try:
                    sock.bind((HOST, port))
                except OSError:
                    return False
        return True

    def take(self, count=1):
        """The first of `count` free ports in a row."""
        first = self.next
        while first + count <= self.end:
            busy = [port for port in range(first, first + count)
                    if not self.free(port)]
            if not busy:
                self.next = first + count
                return first
            first = busy[-1] + 1
        raise Failure("the block of ports is used up")


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child whose output goes to a file that can be waited on."""

    def __init__(self, lab, name, argv, env=None):
        self.name = name
        self.path = os.path.join(lab.directory, name + ".out")
        with open(self.path, "ab") as out:
            # A group of its own, for peers that fork.
            self.child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=dict(os.environ, **(env or {})), cwd=lab.directory,
                start_new_session=True, preexec_fn=die_with_parent)
        self.killed = False
        lab.processes.append(self)

    def output(self):
        with open(self.path, "rb") as file:
            return file.read()

    def running(self):
        return self.child.poll() is None

    def wait_output(self, text, timeout_s=WAIT_S):
        def there():
            if text.encode() in self.output():
                return True
            check(self.running(), "%s ended before it said" % self.name, text)
            return False
        wait_until(there, "%s to say %r" % (self.name, text), timeout_s)

    def stop(self, sig=signal.SIGTERM, timeout_s=15):
        """Returns the exit status; kills what does not end in time."""
        if self.running():
            self.child.send_signal(sig)
        try:
            return self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("%s does not end on signal %d" % (self.name, sig))

    def kill(self):
        """The whole group, once: its number may be another's later."""
        if self.killed:
            return
        self.killed = True
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()


class Lab:
    def __init__(self, name):
        self.name = name
        self.directory = tempfile.mkdtemp(prefix="rempart-e2e-")
        self.ports = Ports()
        self.processes = []
        self.edges = []
        self.closers = []

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def certificates(self, name="papers", hosts=(HOST, "localhost")):
        """A directory with ca.pem, edge.pem and edge.key for these hosts."""
        directory = self.path(name)
        done = subprocess.run(
            [os.path.join(SOURCE, "certs", "make-dev-ca"), directory,
             *hosts], capture_output=True, timeout=60)
        check(done.returncode == 0, "make-dev-ca:", done.stderr)
        return directory

    def closing(self, thing):
        """thing.close() is called at the end; returns it."""
        self.closers.append(thing)
        return thing

    def finish(self):
        """What must hold at the end of every scenario."""
        self.close_all()
        for edge in self.edges:
            edge.finish()

    def close_all(self):
        while self.closers:
            try:
                self.closers.pop().close()
            except OSError:
                pass

    def end(self, failed):
        self.close_all()
        for process in self.processes:
            process.kill()
            if failed:
                show(process)
        if os.environ.get("REMPART_E2E_KEEP"):
            print("kept:", self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


def show(process, limit=8000):
    text = process.output()[-limit:].decode(errors="replace")
    print("---- %s (status %s)\n%s" % (process.name,
                                       process.child.returncode, text))


def matches(record, wanted):
    for key, value in wanted.items():
        have = record.get(key)
        if callable(value):
            if not value(have):
                return False
        elif have != value:
            return False
    return True


class Edge:
    """One rempart process and its decision log."""

    def __init__(self, lab, config=None, argv=None, name="rempart"):
        self.lab = lab
        self.name = name
        self.binary = os.environ.get("REMPART_BIN", "rempart")
        self.config = config
        self.argv = argv or ["run", "--config", config]
        self.log_directory = lab.path("log")
        self.process = None
        self.expect_status = 0
        lab.edges.append(self)

    def start(self):
        known = len(self.started_records())
        self.process = Process(self.lab, self.name,
                               [self.binary] + self.argv, SANITIZERS)

        def up():
            check(self.process.running(), "rempart did not start")
            return len(self.started_records()) > known
        wait_until(up, "rempart to start")
        return self

    def started_records(self):
        return [r for r in self.records() if r.get("reason") == "started"]

    def log_files(self):
        try:
            names = os.listdir(self.log_directory)
        except FileNotFoundError:
            return []
        old = sorted(n for n in names
                     if n.startswith("decisions-") and n.endswith(".log"))
        if "decisions.log" in names:
            old.append("decisions.log")
        return [os.path.join(self.log_directory, n) for n in old]

    def records(self):
        found = []
        for path in self.log_files():
            with open(path, "rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        try:
                            found.append(json.loads(line))
                        except ValueError:
                            pass  # verify() will name it
        return found

    def record(self, after=0, timeout_s=WAIT_S, **wanted):
        """Waits for a record with these members, past the first `after`."""
        def find():
            for record in self.records()[after:]:
                if matches(record, wanted):
                    return record
            return None
        try:
            return wait_until(find, "a record %r" % wanted, timeout_s)
        except Failure as failure:
            lines = "\n".join(json.dumps(r)
                              for r in self.records()[after:][-30:])
            raise Failure("%s; there are:\n%s" % (failure, lines)) from None

    def mark(self):
        return len(self.records())

    def verify(self):
        return subprocess.run([self.binary, "log", "verify",
                               *self.log_files()],
                              capture_output=True, timeout=60)

    def reload(self):
        """SIGHUP, and its record."""
        mark = self.mark()
        self.process.child.send_signal(signal.SIGHUP)
        return self.record(after=mark, kind="reload")

    def stop(self):
        status = self.process.stop()
        check(status == self.expect_status, "rempart ended with", status)
        self.check_output()

    def crash(self):
        """As the power going."""
        self.process.kill()
        self.check_output()

    def check_output(self):
        text = self.process.output()
        for word in SANITIZER:
            if word in text:
                raise Failure("rempart's stderr says %r" % word.decode())

    def finish(self):
        if self.process.running():
            self.stop()
        else:
            check(self.process.child.returncode in
                  (self.expect_status, -signal.SIGKILL),
                  "rempart had ended by itself:",
                  self.process.child.returncode)
        self.check_output()
        done = self.verify()
        check(done.returncode == 0 and b"the log is whole" in done.stdout,
              "the log is not whole:", done.stdout, done.stderr)


def on_alarm(_signal, _frame):
    raise Failure("the whole scenario took over %d s" % SCENARIO_S)


def on_term(_signal, _frame):
    raise Failure("ended from outside")


def main(names):
    scenarios = {name[len("scenario_"):]: function
                 for name, function in names.items()
                 if name.startswith("scenario_")}
    if len(sys.argv) < 2 or sys.argv[1] not in scenarios:
        print("usage: %s SCENARIO, one of: %s" %
              (sys.argv[0], " ".join(sorted(scenarios))))
        sys.exit(2)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_term)
    signal.alarm(SCENARIO_S)
    lab = Lab(sys.argv[1])
    failed = True
    try:
        scenarios[sys.argv[1]](lab, *sys.argv[2:])
        lab.finish()
        failed = False
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    finally:
        lab.end(failed)
    print("FAILED" if failed else "passed")
    sys.exit(1 if failed else 0)
