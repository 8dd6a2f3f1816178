#!/usr/bin/env python3
"""Proves what reloads, restarts and crashes do: to live calls, to new
connections, and to the chain of records."""

import os
import shutil
import time

import edges
from harness import Process, check, main, wait_until
from identity import DOMAIN, begin, refused, still_served
from sipclient import Phone


def rewrite(edge, old, new):
    with open(edge.config, encoding="utf-8") as file:
        text = file.read()
    check(old in text, "not in the configuration:", old)
    edge.lab.write("rempart.conf", text.replace(old, new))


def bye(pbx, phone, dialog):
    phone.send(phone.inside(dialog, "BYE"))
    pbx.answer(pbx.expect("BYE"), 200)
    check(phone.expect_final("BYE").code == 200, "BYE failed")


def line_of(edge, text):
    with open(edge.config, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if text in line:
                return number
    return 0


def scenario_reload_bad_then_good(lab):
    """opensips#2243: a bad file changes nothing and says where it is bad;
    a good one after it is taken."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    rewrite(edge, 'srtp = "off"', 'srtp = "perhaps"')
    record = edge.reload()
    check(record["reason"] == "reload-refused", "the record is", record)
    where = "rempart.conf:%d" % line_of(edge, "perhaps")
    check(where in record["detail"], "the record does not say where", record)
    edge.process.wait_output(where)
    still_served(pbx, one)
    rewrite(edge, 'srtp = "perhaps"', 'srtp = "off"')
    record = edge.reload()
    check(record["reason"] == "reloaded", "the record is", record)
    bye(pbx, one, dialog)


def scenario_reload_unknown_key(lab):
    edge, pbx, (one, _) = begin(lab)
    rewrite(edge, 'node = "test";', 'node = "test"; nodes = "x";')
    record = edge.reload()
    check(record["reason"] == "reload-refused", "the record is", record)
    still_served(pbx, one)


def scenario_reload_decides_anew(lab):
    """kamailio#3694: what changed is in force, not only shown: the same
    request is decided otherwise, and a live call goes on."""
    edge, pbx, (one, two) = begin(lab)
    dialog = still_served(pbx, one)
    refused(edge, two, two.request("MESSAGE", "sip:600@second.test",
                                   contact=False), 403, "foreign-target")
    rewrite(edge, 'node = "test";', 'node = "test"; domains = '
            '[ "%s", "second.test" ];' % DOMAIN)
    old = edge.records()[-1]["config"]
    check(edge.reload()["config"] != old, "the same configuration")
    two.send(two.request("MESSAGE", "sip:600@second.test", contact=False))
    pbx.answer(pbx.expect("MESSAGE"), 200)
    check(two.expect_final("MESSAGE").code == 200, "still refused")
    bye(pbx, one, dialog)
    edge.record(kind="call", verdict="end", reason="call-ended")


def serial(phone):
    return phone.sock.getpeercert()["serialNumber"]


def scenario_reload_certificate(lab):
    """freeswitch#775: a new certificate on disk is served to new connections,
    the old ones live on."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    old = serial(one)
    os.unlink(lab.path("papers", "edge.pem"))
    lab.certificates()
    check(edge.reload()["reason"] == "reloaded", "refused")
    fresh = Phone(lab, edge, "1002")
    check(serial(fresh) != old, "the old certificate is served")
    pbx.accept_register(fresh)
    bye(pbx, one, dialog)


def scenario_reload_wrong_key(lab):
    """A key that does not belong to the certificate: nothing changes."""
    edge, pbx, (one, _) = begin(lab)
    lab.certificates("others")
    good = lab.path("papers", "edge.key")
    shutil.copy(good, good + ".good")
    shutil.copy(lab.path("others", "edge.key"), good)
    check(edge.reload()["reason"] == "reload-refused", "taken")
    fresh = Phone(lab, edge, "1002")
    check(serial(fresh) == serial(one), "another certificate is served")
    shutil.move(good + ".good", good)
    check(edge.reload()["reason"] == "reloaded", "the good one is refused")
    still_served(pbx, one)


def scenario_reload_needs_restart(lab):
    """What a running process cannot move is refused whole."""
    edge, pbx, (one, _) = begin(lab)
    rewrite(edge, ":%d\"" % edge.port, ":%d\"" % lab.ports.take())
    record = edge.reload()
    check(record["reason"] == "reload-refused" and
          "restart" in record["detail"], "the record is", record)
    still_served(pbx, one)


def scenario_restart_goes_on(lab):
    """The chain of records goes on over a restart, a phone keeps its TOKEN,
    and a call that began before can be ended."""
    edge, pbx, (one, _) = begin(lab)
    dialog = still_served(pbx, one)
    token = one.token
    count = len(edge.records())
    edge.crash()  # a stop would end the call, and both ends would know
    # The proof knows seconds: it must be older than the start.
    answered = int(time.time())
    wait_until(lambda: time.time() > answered + 1, "the next second")
    edge.start()
    records = edge.records()
    check([r["seq"] for r in records] == list(range(1, len(records) + 1)),
          "the numbers do not go on")
    check(len(records) > count, "no record of the start")
    again = Phone(lab, edge, "1001")
    pbx.accept_register(again)
    check(again.token == token, "another TOKEN", token, again.token)
    bye(pbx, again, dialog)


def scenario_killed(lab):
    """kill -9 while records are written: at most a torn last line, which is
    set aside; the chain goes on."""
    edge, pbx, (one, _) = begin(lab)
    still_served(pbx, one)
    count = len(edge.records())
    one.send("".join(one.request("MESSAGE", "sip:600@" + DOMAIN,
                                 contact=False) for _ in range(1000)))
    wait_until(lambda: len(edge.records()) > count + 5, "some records")
    edge.crash()
    edge.start()
    pbx.accept_register(Phone(lab, edge, "1001"))
    records = edge.records()
    check([r["seq"] for r in records] == list(range(1, len(records) + 1)),
          "the numbers do not go on")


def scenario_torn_line(lab):
    """The power went while a record was being written."""
    edge, pbx, (one, _) = begin(lab)
    edge.crash()
    log = edge.log_files()[-1]
    with open(log, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.truncate(size - 20)
    whole = len(edge.records())
    edge.start()
    aside = [n for n in os.listdir(edge.log_directory)
             if not n.endswith(".log")]
    check(aside, "the torn line is nowhere", os.listdir(edge.log_directory))
    records = edge.records()
    check([r["seq"] for r in records] == list(range(1, len(records) + 1)),
          "the numbers do not go on")
    check(len(records) > whole, "no record of the start")


def scenario_altered_line(lab):
    """An intruder rewrites history: verify names the line, and so does the
    next start."""
    edge, pbx, (one, _) = begin(lab)
    refused(edge, one, one.request("MESSAGE", "sip:600@192.0.2.9"), 403,
            "foreign-target")
    edge.stop()
    log = edge.log_files()[-1]
    with open(log, encoding="utf-8") as file:
        lines = file.readlines()
    bad = [i for i, line in enumerate(lines, 1) if "foreign-target" in line]
    honest = "".join(lines)
    lines[bad[0] - 1] = lines[bad[0] - 1].replace('"deny"', '"allow"')
    with open(log, "w", encoding="utf-8") as file:
        file.writelines(lines)
    done = edge.verify()
    check(done.returncode == 1, "an altered log is called whole")
    check(b"decisions.log:%d:" % bad[0] in done.stderr,
          "the line is not named:", done.stderr)
    with open(log, "w", encoding="utf-8") as file:
        file.write(honest)


def scenario_bad_start(lab):
    """A file with a fault starts nothing, and says file and line."""
    edge = edges.with_pbx(lab, lab.ports.take())
    rewrite(edge, 'srtp = "off"', 'srtp = "perhaps"')
    edge.expect_status = 1
    edge.process = Process(lab, "rempart", [edge.binary, *edge.argv])
    check(edge.process.child.wait(20) == 1, "started with a bad file")
    edge.process.wait_output("rempart.conf:%d" % line_of(edge, "perhaps"))
    lab.edges.remove(edge)


if __name__ == "__main__":
    main(globals())
