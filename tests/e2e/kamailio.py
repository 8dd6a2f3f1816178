"""kamailio.py - a real PBX: Debian's kamailio as registrar and proxy, UDP"""

import os
import re
import shutil
import socket

from edges import USERS, password
from harness import HOST, Process, check, wait_until

DOMAIN = "pbx.test"

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:@HOST@:@PORT@
alias="@DOMAIN@"

loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"

modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 3600)
modparam("rr", "append_fromtag", 1)
modparam("rr", "enable_full_lr", 1)

request_route {
	xlog("L_WARN", "PBX $rm $ru from $fu $ci\\n");
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (has_totag()) {
		if (loose_route()) {
			t_relay();
			exit;
		}
		if (is_method("ACK")) {
			if (t_check_trans()) t_relay();
			exit;
		}
		sl_send_reply("404", "Not here");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	t_check_trans();
	$var(secret) = "";
@SECRETS@
	if (is_method("REGISTER")) {
		if ($var(secret) == "" ||
		    !pv_www_authenticate("$td", "$var(secret)", "0")) {
			www_challenge("$td", "1");
			exit;
		}
		save("location");
		exit;
	}
	if (is_method("OPTIONS") && $rU == $null) {
		sl_send_reply("200", "OK");
		exit;
	}
	if ($var(secret) == "" ||
	    !pv_proxy_authenticate("$fd", "$var(secret)", "0")) {
		proxy_challenge("$fd", "1");
		exit;
	}
	consume_credentials();
	record_route();
	if (!lookup("location")) {
@OUTSIDE@		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}

onreply_route {
	xlog("L_WARN", "PBX answer $rs $rr $ci\\n");
}
"""

OUTSIDE = """		$du = "sip:@HOST@:%d";
		t_relay();
		exit;
"""

PING = """OPTIONS sip:{host}:{port} SIP/2.0\r
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bKping{n};rport\r
From: <sip:ping@{host}>;tag=p\r
To: <sip:{host}>\r
Call-ID: ping{n}@{host}\r
CSeq: {n} OPTIONS\r
Max-Forwards: 5\r
Content-Length: 0\r
\r
"""


class Kamailio:
    """`outside` is the port of a line that takes what nobody here answers
    to; without one it is not found."""

    def __init__(self, lab, outside=None):
        binary = shutil.which("kamailio") or shutil.which(
            "kamailio", path="/usr/sbin")
        check(binary, "no kamailio: ./run tests unpacks one")
        self.port = lab.ports.take()
        secrets = "\n".join(
            "\tif ($fU == \"%s\") $var(secret) = \"%s\";" % (
                user, password(user)) for user in USERS)
        text = CONFIG
        for name, value in (("OUTSIDE", OUTSIDE % outside if outside else ""),
                            ("PORT", str(self.port)), ("HOST", HOST),
                            ("DOMAIN", DOMAIN), ("SECRETS", secrets)):
            text = text.replace("@%s@" % name, value)
        path = lab.write("kamailio.cfg", text)
        run = lab.path("kamailio")
        os.mkdir(run)
        self.process = Process(lab, "kamailio", [
            binary, "-f", path, "-DD", "-E", "-m", "32", "-M", "8",
            "-Y", run, "-P", run + "/pid", "-w", run])
        self.wait_answer()

    def invited(self):
        """The Request-URI of every call that came in, as its log has it."""
        return {uri.decode() for uri in re.findall(
            rb"PBX INVITE (\S+) from", self.process.output())}

    def wait_answer(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((HOST, 0))
            sock.settimeout(0.1)
            count = [0]

            def ping():
                check(self.process.running(), "kamailio ended")
                count[0] += 1
                sock.sendto(PING.format(
                    host=HOST, port=self.port, n=count[0],
                    own=sock.getsockname()[1]).encode(), (HOST, self.port))
                try:
                    return sock.recv(4096).startswith(b"SIP/2.0 200")
                except (socket.timeout, ConnectionRefusedError):
                    return False
            wait_until(ping, "kamailio to answer")
