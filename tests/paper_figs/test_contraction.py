import numpy as np
import pytest

from paper_figs import consensus, contraction, families

ALL = families.sgp_families(32, 2, 7) + families.dpsgd_families(32, 2, 7)


def plain_product(schedule, rounds):
    """P_{rounds-1} ... P_0 by loops over matrices that the operators show, with nothing of the operators' own products."""
    n = schedule.n
    product = [[float(i == j) for j in range(n)] for i in range(n)]
    for k in range(rounds):
        matrix = schedule.at(k).matrix()
        links = [[(m, matrix[i, m]) for m in range(n) if matrix[i, m]] for i in range(n)]
        product = [[sum(weight * product[m][j] for m, weight in links[i]) for j in range(n)] for i in range(n)]
    return np.array(product)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.label)
def test_measures_of_products_against_plain_loops(family):
    for schedule in family.schedules:
        measured = contraction.path_of(schedule, 6)
        for rounds in (1, 3, 6):
            product = plain_product(schedule, rounds)
            mean = np.full((32, 32), 1 / 32)
            modulus = np.sort(np.abs(np.linalg.eigvals(product)))[-2]
            debiased = np.diag(1 / product.sum(axis=1)) @ product
            expected = (modulus, np.linalg.svd(product - mean)[1][0], np.linalg.svd(debiased - mean)[1][0])
            # eigenvalues at a Jordan block at zero are as uncertain as a root of the rounding
            assert measured[0, rounds] == pytest.approx(expected[0], abs=5e-4)
            assert measured[1:, rounds] == pytest.approx(expected[1:], rel=1e-9, abs=1e-13)


def test_one_peer_exponential_is_exact_after_five_rounds_and_not_before():
    one_peer = contraction.path_of(families.sgp_families(32, 1, 0)[0].schedules[0], 9)
    assert np.all(one_peer[:, :5] > 0.5)
    assert np.all(one_peer[:, 5:] < 1e-14)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.label)
def test_disagreement_of_normal_starts_is_the_frobenius_norm_of_the_error(family):
    schedule = family.schedules[0]
    samples = consensus.decay(schedule, 400, np.random.default_rng(11))
    for rounds in (0, 2, 5):
        product = plain_product(schedule, rounds)
        error = np.diag(1 / product.sum(axis=1)) @ product - 1 / 32
        expected = (error**2).sum() / 32
        spread = samples[rounds].std(ddof=1) / 20
        assert abs(samples[rounds].mean() - expected) <= 4.5 * spread + 1e-28


def test_random_families_depend_on_the_seed_and_fixed_ones_do_not():
    for here, there in zip(families.sgp_families(8, 2, 0), families.sgp_families(8, 2, 1), strict=True):
        same = np.array_equal(plain_product(here.schedules[0], 3), plain_product(there.schedules[0], 3))
        assert same != here.random
