"""Compressors of vectors: what they keep, how far off that is, and how many bits it takes."""

from numerics.compressors.base import REAL_BITS, Compressor
from numerics.compressors.draws import Draws, StreamDraws
from numerics.compressors.elias import elias_length, expected_bits
from numerics.compressors.identity import Identity
from numerics.compressors.max_min import MaxMin
from numerics.compressors.one_bit import OneBit
from numerics.compressors.qsgd import QSGD
from numerics.compressors.random_block import RandomBlock
from numerics.compressors.random_k import RandomK
from numerics.compressors.registry import NAMES, REGISTRY, get
from numerics.compressors.scaled_sign import ScaledSign
from numerics.compressors.top_k import TopK

__all__ = [
    "NAMES",
    "QSGD",
    "REAL_BITS",
    "REGISTRY",
    "Compressor",
    "Draws",
    "Identity",
    "MaxMin",
    "OneBit",
    "RandomBlock",
    "RandomK",
    "ScaledSign",
    "StreamDraws",
    "TopK",
    "elias_length",
    "expected_bits",
    "get",
]
