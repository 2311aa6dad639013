"""Compressors over a (workers, replicas, coordinates) array, against copying that array or partitioning it."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import compressors
from numerics.streams import Streams

SHAPES = ((64, 16, 104), (64, 16, 1000))


class Slabs:
    """Arrays of one shape to read and as many to write, 130 MB in all, so that no call finds its own in cache."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        count = max(2, (1 << 26) // (8 * int(np.prod(shape))))
        self.read = np.random.default_rng(0).standard_normal((count, *shape))
        self.written = np.ones((count, *shape))
        self.turn = 0

    def pair(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the next two: one to write, one to read."""
        self.turn = (self.turn + 1) % len(self.read)
        return self.written[self.turn], self.read[self.turn]

    def copy(self) -> None:
        """Make one pass."""
        np.copyto(*self.pair())


def job(compressor: compressors.Compressor, slabs: Slabs):
    """Return a callable that compresses the next array into the one before, drawing its random numbers too."""
    draws = compressors.StreamDraws(Streams(0, range(slabs.read.shape[2])))

    def compress() -> None:
        out, x = slabs.pair()
        compressor.compress(x, draws, out)

    return compress


def shown(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))


@pytest.mark.parametrize("shape", SHAPES, ids=shown)
@pytest.mark.parametrize("name", ["one-bit", "qsgd"])
def test_passes(benchmark, report, paired, name: str, shape: tuple[int, int, int]) -> None:
    compressor = compressors.get(name, **({"levels": 16} if name == "qsgd" else {}))
    call, passes = job(compressor, Slabs(shape)), Slabs(shape)
    benchmark.pedantic(call, rounds=3, warmup_rounds=1)
    ratio, mine, copy = paired(call, passes.copy, repeats=(2, 10), rounds=25)
    detail = f"{mine * 1e3:.2f} ms, {copy * 1e3:.3f} ms"
    if compressor.random:
        draws = compressors.StreamDraws(Streams(1, range(shape[1])))
        drawn, *_ = paired(lambda: [draws.uniforms(16, shape[2]) for _ in range(shape[0] // 16)], passes.copy, repeats=(2, 10))
        detail += f"; drawing its random numbers takes {drawn:.2f} of these passes"
    report(f"{name} over {shown(shape)} / np.copyto", ratio, 6, "passes", detail)


@pytest.mark.parametrize("shape", SHAPES, ids=shown)
@pytest.mark.parametrize("share", [100, 10])
def test_top_k(benchmark, report, paired, share: int, shape: tuple[int, int, int]) -> None:
    k, mine = max(1, shape[-1] // share), Slabs(shape)
    call, other = job(compressors.TopK(k), mine), Slabs(shape)
    benchmark.pedantic(call, rounds=3, warmup_rounds=1)
    ratio, own, theirs = paired(call, lambda: np.argpartition(other.pair()[1], shape[-1] - k, axis=-1), rounds=9)
    report(f"top-{k} over {shown(shape)} / np.argpartition", ratio, 3, detail=f"{own * 1e3:.1f} ms, {theirs * 1e3:.1f} ms")
