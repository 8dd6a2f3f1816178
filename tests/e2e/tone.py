"""tone.py - recognises a tone, standard library only"""

import math
import struct

RATE_HZ = 8000
WINDOW = 1600  # samples that decide: 200 ms


def read_samples(path):
    """The samples of a WAV file whose header may not be finished yet."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 44:
        return []
    at = data.find(b"data")
    body = data[at + 8:] if at >= 0 else b""
    count = len(body) // 2
    return struct.unpack("<%dh" % count, body[:count * 2])


def share(samples, frequency_hz):
    """How much of the energy is at this frequency (Goertzel), 0 to 1."""
    total = sum(s * s for s in samples)
    if not total:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * frequency_hz / RATE_HZ)
    a = b = 0.0
    for sample in samples:
        a, b = sample + turn * a - b, a
    power = a * a + b * b - turn * a * b
    return 2 * power / (len(samples) * total)


def hears(path, frequency_hz):
    """Whether the last window of a recording is this tone and no other."""
    samples = read_samples(path)
    if len(samples) < WINDOW:
        return False
    return share(samples[-WINDOW:], frequency_hz) > 0.8
