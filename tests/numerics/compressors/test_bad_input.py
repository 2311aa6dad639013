"""What cannot be compressed like this is refused in one line that says why."""

import numpy as np
import pytest

from numerics import compressors
from numerics.streams import Streams
from straggler import InputError, StragglerError, UnknownName


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("top-k", {"k": 0}, "k of top-k = 0 is not admissible: needs a whole number >= 1"),
        ("top-k", {"k": 1.5}, "k of top-k = 1.5"),
        ("top-k", {"k": "many"}, "k of top-k = 'many' is not admissible: needs a number"),
        ("top-k", {}, "k of top-k = None"),
        ("random-k", {"k": -1}, "k of random-k = -1"),
        ("random-block", {"blocks": 0}, "blocks of random-block = 0"),
        ("qsgd", {"levels": 0}, "levels of qsgd = 0"),
        ("qsgd", {"levels": 2, "coding": "huffman"}, "coding of qsgd = 'huffman' is not admissible: needs one of elias, fixed"),
        ("max-min", {"precision": 0}, "precision of max-min = 0"),
        ("max-min", {"precision": 33}, "1 <= precision <= 32 bits"),
        ("max-min", {"bucket": 0}, "bucket of max-min = 0"),
    ],
)
def test_options(name, options, said):
    with pytest.raises(InputError) as caught:
        compressors.get(name, **options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names():
    with pytest.raises(UnknownName, match="unknown compressor 'topk'; did you mean top-k"):
        compressors.get("topk")
    with pytest.raises(UnknownName, match="unknown option of qsgd 'level'; did you mean levels"):
        compressors.get("qsgd", level=3)
    assert set(compressors.NAMES) == set(compressors.REGISTRY)


@pytest.mark.parametrize(
    "compressor", [compressors.TopK(8), compressors.RandomK(8), compressors.RandomBlock(8)], ids=lambda c: c.name
)
def test_dimensions(compressor):
    for call in (compressor.contraction, compressor.blow_up, compressor.bits, lambda d: compressor.compress(np.ones((2, d)))):
        with pytest.raises(StragglerError, match=r"= 8 is not admissible: needs 1 <= .* <= 7"):
            call(7)
    assert compressor.contraction(8) is not None


@pytest.mark.parametrize("name", ["random-k", "random-block", "qsgd", "max-min"])
def test_random_numbers(name):
    options = {"random-k": {"k": 1}, "random-block": {"blocks": 2}, "qsgd": {"levels": 1}, "max-min": {"stochastic": True}}[name]
    compressor = compressors.get(name, **options)
    with pytest.raises(InputError, match=f"random numbers of {name} = 'none'.*3 replicas"):
        compressor.compress(np.ones((2, 3, 4)))
    with pytest.raises(InputError, match=r"'draws for 2'.*3 replicas"):
        compressor.compress(np.ones((2, 3, 4)), compressors.StreamDraws(Streams(0, range(2))))
