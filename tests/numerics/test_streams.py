import numpy as np
import pytest

from numerics.streams import PURPOSES, Reservoir, Streams


def test_streams_depend_on_seed_replica_and_purpose_only():
    def first(seed, replicas, purpose):
        return [generator.random() for generator in Streams(seed, replicas).generators(purpose)]

    assert first(1, range(4), "noise")[2:] == first(1, range(2, 4), "noise")
    numbers = {tuple(first(seed, range(3), purpose)) for seed in (0, 1) for purpose in PURPOSES}
    assert len({number for row in numbers for number in row}) == 2 * len(PURPOSES) * 3


@pytest.mark.parametrize("capacity", [0, 100, 1000, 100_000])
@pytest.mark.parametrize("quantum", [1, 8])
def test_a_reservoir_hands_out_the_stream_in_order(capacity, quantum):
    position = [0, 1000]

    def fill(row, out):
        assert out.size % quantum == 0
        out[:] = np.arange(position[row], position[row] + out.size)
        position[row] += out.size

    reservoir = Reservoir(fill, 2, np.float64, capacity, quantum)
    rng = np.random.default_rng(0)
    taken = 0
    for count in [5, 5, 5, *rng.integers(0, 40, 60), 300, 1]:
        block = reservoir.take(int(count))
        assert block.shape == (2, count)
        assert np.array_equal(block, np.arange(taken, taken + count) + np.array([[0], [1000]]))
        taken += int(count)
    assert position[1] - 1000 == position[0] >= taken
