"""Compressors in plain Python, one vector at a time, by their definitions; and encoders that write actual bits."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import numpy as np


def top_k(x, k):
    kept = sorted(range(len(x)), key=lambda i: (-abs(x[i]), i))[:k]
    return [x[i] if i in kept else 0.0 for i in range(len(x))]


def one_bit(x):
    positive, negative = [v for v in x if v >= 0], [v for v in x if v < 0]

    def mean(values):
        return float(sum(map(Fraction, values)) / len(values))

    return [mean(positive) if v >= 0 else mean(negative) for v in x]


def scaled_sign(x):
    scale = float(sum(abs(Fraction(v)) for v in x) / len(x))
    return [scale if v >= 0 else -scale for v in x]


def norm(x):
    top = max(map(abs, x))
    return top * math.sqrt(math.fsum((v / top) ** 2 for v in x)) if top else 0.0


def qsgd_levels(x, s, uniforms):
    """Signed levels by the paper's definition: up where the fractional part is above a uniform number, for either sign."""
    length, found = norm(x), []
    for value, u in zip(x, uniforms, strict=True):
        y = s * (abs(value) / length) if length else 0.0
        # A negative coordinate takes the mirror image of the number, which is as uniform.
        up = y - math.floor(y) > (1 - u if value >= 0 else u)
        found.append(int(math.copysign(math.floor(y) + up, value)))
    return found


def qsgd(x, s, uniforms):
    return [level * (norm(x) / s) for level in qsgd_levels(x, s, uniforms)]


def max_min(x, b, bucket, uniforms=None):
    found = []
    for start in range(0, len(x), bucket):
        part = [Fraction(v) for v in x[start : start + bucket]]
        least, most = min(part), max(part)
        unit = (most - least) / (2**b - 1)
        for place, value in enumerate(part, start):
            shift = Fraction(1, 2) if uniforms is None else Fraction(uniforms[place])
            level = min(math.floor((value - least) / unit + shift), 2**b - 1) if unit else 0
            found.append(float(least + unit * level))
    return found


class Given:
    """Draws with numbers that the test chose: uniforms or keys of shape (workers, R, d), handed out once."""

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)
        self.replicas = self.numbers.shape[1]

    def uniforms(self, workers, count):
        assert self.numbers.shape[2] == count
        given, self.numbers = self.numbers[:workers], self.numbers[workers:]
        assert len(given) == workers
        return given.copy()

    keys = uniforms


def real(value):
    return format(struct.unpack(">I", struct.pack(">f", value))[0], "032b")


def elias(number):
    """Elias' recursive code: a binary number, before it its length less one, and so on down to one; a zero at the end."""
    code = "0"
    while number > 1:
        code = format(number, "b") + code
        number = len(format(number, "b")) - 1
    return code


def read_elias(bits, place):
    number = 1
    while bits[place] == "1":
        width = number + 1
        number, place = int(bits[place : place + width], 2), place + width
    return number, place + 1


def sparse_message(length, levels):
    bits, last = real(length), -1
    for place, level in enumerate(levels):
        if level:
            bits += elias(place - last) + ("1" if level < 0 else "0") + elias(abs(level))
            last = place
    return bits


def read_sparse(bits, d):
    levels, place, last = [0] * d, 32, -1
    while place < len(bits):
        gap, place = read_elias(bits, place)
        sign = -1 if bits[place] == "1" else 1
        size, place = read_elias(bits, place + 1)
        last += gap
        levels[last] = sign * size
    return levels


def dense_message(length, levels):
    return real(length) + "".join(elias(abs(v) + 1) + (("1" if v < 0 else "0") if v else "") for v in levels)
