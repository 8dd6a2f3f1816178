#!/usr/bin/env python3
"""src/LAYERS holds: who includes whom, and pure folders reach nothing outside.

usage: check_layers.py ROOT
"""
import re
import sys

import tree

IMPURE = {
    "unistd.h", "fcntl.h", "poll.h", "signal.h", "syslog.h", "pthread.h",
    "threads.h", "netdb.h", "dirent.h", "stdio.h", "time.h", "spawn.h",
    "sys/socket.h", "sys/epoll.h", "sys/eventfd.h", "sys/timerfd.h",
    "sys/random.h", "sys/mman.h", "sys/ioctl.h", "sys/wait.h", "sys/stat.h",
    "sys/time.h", "openssl/rand.h", "openssl/ssl.h", "openssl/bio.h",
    "re.h", "re_main.h", "re_tmr.h", "re_net.h", "re_udp.h", "re_tcp.h",
    "re_tls.h",
}
# The ring wakes its other end: the one descriptor that base holds.
GRANTED = {("src/base/ring.c", "sys/eventfd.h")}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def is_impure(name):
    return name in IMPURE or name.removeprefix("re/") in IMPURE


def read_layers(path):
    """{folder: (kind, folders that it may include)}, in the file's order."""
    layers = {}
    for line in tree.text(path).splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) < 2 or words[1] not in ("pure", "io"):
            sys.exit(f"{path}: not a layer: {line}")
        name, kind, may = words[0], words[1], words[2:]
        for other in may:
            if other != "*" and other not in layers:
                sys.exit(f"{path}: {name} names {other}, which does not "
                         "stand above it")
            if kind == "pure" and layers.get(other, (kind,))[0] != "pure":
                sys.exit(f"{path}: {name} is pure and may not include "
                         f"{other}, which is not")
        layers[name] = (kind, set(layers) if "*" in may else {*may, "base"})
    return layers


def breaches_of(where, folder, layer, body):
    kind, may = layer
    for own, system in INCLUDE.findall(body):
        name = own or system
        if name.startswith("rempart/"):
            target = name.split("/")[1]
            if target != folder and target not in may:
                yield f"{where}: {folder} may not include {target}"
        elif own and "/" in own:
            yield f"{where}: a private header of another folder: {own}"
        elif (kind == "pure" and is_impure(name)
              and (where.as_posix(), name) not in GRANTED):
            yield f"{where}: {folder} is pure and includes <{name}>"


def breaches(root):
    layers = read_layers(root / "src" / "LAYERS")
    for path in tree.sources(root, "src", "include/rempart"):
        where = path.relative_to(root)
        depth = 2 if where.parts[0] == "include" else 1
        folder = where.parts[depth]
        if len(where.parts) != depth + 2:
            yield f"{where}: sources stand in a folder of src, not below it"
        elif folder not in layers:
            yield f"{where}: folder {folder} is not in src/LAYERS"
        else:
            yield from breaches_of(where, folder, layers[folder],
                                   tree.text(path))


if __name__ == "__main__":
    tree.end(breaches(tree.root_argument()), "layers hold")
