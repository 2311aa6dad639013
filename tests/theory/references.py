"""The bounds once more, as plain Python formulas: another code path than sympy's, typed from the statements."""

from __future__ import annotations

from math import e, log, sqrt

import numpy as np


def _descent(g, K, L, sigma, delta, n):
    return 2 * delta / (g * K) + L * g * sigma * sigma / n


def _amplified(sigma, zeta, rho):
    return sigma**2 / (1 - rho) + 9 * zeta**2 / (1 - sqrt(rho)) ** 2


def _weights(g, L, n, rho):
    d2 = 1 - 18 * g**2 * n * L**2 / (1 - sqrt(rho)) ** 2
    return 0.5 - 9 * g**2 * L**2 * n / ((1 - sqrt(rho)) ** 2 * d2), d2


def dpsgd_1(gamma, K, L, sigma, zeta, delta, n, rho, **_):
    d1, d2 = _weights(gamma, L, n, rho)
    gap = 1 - sqrt(rho)
    right = delta / (gamma * K) + gamma * L * sigma**2 / (2 * n)
    right += gamma**2 * L**2 * n * sigma**2 / ((1 - rho) * d2) + 9 * gamma**2 * L**2 * n * zeta**2 / (gap**2 * d2)
    return right / d1


def dpsgd_3_printed(gamma, K, L, sigma, zeta, delta, n, rho, **_):
    d1, d2 = _weights(gamma, L, n, rho)
    s, gap = _amplified(sigma, zeta, rho), 1 - sqrt(rho)
    big = 2 * sigma**2 / (1 - rho) + 18 * zeta**2 / gap**2 + L**2 / d1 * s
    big += 18 / gap**2 * (delta / (gamma * K) + gamma * L * sigma**2 / (2 * n * d1))
    return n * gamma**2 * big / d2


def dpsgd_3_corrected(gamma, K, L, sigma, zeta, delta, n, rho, **_):
    d1, d2 = _weights(gamma, L, n, rho)
    s, gap = _amplified(sigma, zeta, rho), 1 - sqrt(rho)
    big = 2 * sigma**2 / (1 - rho) + 18 * zeta**2 / gap**2 + (1 - d2) / (d1 * d2) * s
    big += 18 / (gap**2 * d1) * (delta / (gamma * K) + gamma * L * sigma**2 / (2 * n))
    return n * gamma**2 * big / d2


def p4(gamma, K, L, sigma, zeta, delta, n, B_E, **_):
    return 3 * delta / (gamma * K) + 1.5 * L * gamma * sigma**2 / n + 2 * L**2 * gamma**2 * B_E * (sigma**2 + 3 * zeta**2)


def p4_consensus(gamma, sigma, zeta, B_E, **c):
    h = p4(gamma=gamma, sigma=sigma, zeta=zeta, B_E=B_E, **c)
    return 4 / 3 * gamma**2 * B_E * (sigma**2 + 3 * zeta**2 + 3 * h)


def sgp_consensus(K, L, sigma, zeta, delta, n, C, q, x0_sq, **_):
    start = x0_sq + 6 * delta * sqrt(n / K) + n * (1.4 * sigma**2 + 3 * zeta**2)
    return start * C**2 / (0.9 * (1 - q) ** 2 * K)


def adpsgd(gamma, K, L, sigma, zeta, delta, n, batch, **_):
    return 2 * n * delta / (gamma * K * batch) + 2 * gamma * L / n * (sigma**2 + 6 * batch * zeta**2)


def adpsgd_tuned(K, L, sigma, zeta, delta, batch, **_):
    return 20 * delta * L / K + 2 * (delta + L) * sqrt(sigma**2 / batch + 6 * zeta**2) / sqrt(K)


def _tuned(a, b, c, largest, K):
    return a / (largest * K) + 2 * sqrt(a * b / K) + 2 * (a / K) ** (2 / 3) * c ** (1 / 3)


def _p2_curvature(L, sigma, zeta, rho):
    gap = 1 - sqrt(rho)
    return 2 * L**2 * (sigma**2 / gap + 2 * zeta**2 / gap**2)


def _p3_largest(L, tau):
    return 1 / L if tau == 1 else min(1 / L, 1 / (2 * L * sqrt(e * tau * (tau - 1))))


def _moment(M, sigma, **_):
    return M * M + sigma * sigma


def wagma_any_step(gamma, K, L, sigma, delta, n, group, tau, **c):
    s, m2 = group, _moment(sigma=sigma, **c)
    right = 2 * n * delta / (gamma * K) + gamma * L * ((2 * s - 1) ** 2 * m2 + 2 * (s - 1) * sigma**2) / n
    both = 2 - 1 / s + (s - 1) / n
    return right + (gamma * L * (2 * s - 1) * both) ** 2 * m2 * (tau - 1) * (2 * tau - 1) / 6


def wagma_4_6(K, L, delta, group, printed, tau=0, **c):
    rest = 8 if printed else 4 * L * (1 + (group - 1) * tau / group)
    return (2 * delta + (rest + 64 * L * L) * group**2 * _moment(**c)) / sqrt(K)


def eager_6_2(gamma, n, tau, quorum, power, **c):
    return gamma**2 * (tau * (n - quorum)) ** power * _moment(**c) / n**2


def eager_6_3(gamma, K, L, delta, power, **c):
    return 2 * delta / (gamma * K) + gamma * _moment(**c) * L + L**2 * eager_6_2(gamma=gamma, power=power, **c)


def _power(base, exponent):
    """Floats that overflow to inf, and have no value where a negative number has a fractional power."""
    with np.errstate(all="ignore"):
        return np.float64(base) ** np.float64(exponent)


def _floor(gamma, L, sigma, mu):
    return 0.5 * gamma * (L / mu) * sigma**2


def _left(gamma, K, mu, delta, limit):
    with np.errstate(all="ignore"):
        return limit + _power(1 - mu * gamma, K) * (delta - limit)


def lsgd_infrequent(gamma, K, L, sigma, mu, delta, lambda_, tau, **_):
    rho = 1 - (mu + lambda_) * gamma
    with np.errstate(all="ignore"):
        left = _power(rho, tau) * mu / (mu + lambda_) + lambda_ / (mu + lambda_)
        return _floor(gamma, L, sigma, mu) + delta * _power(left, K / tau)


def easgd_6_1(gamma, K, L, sigma, n, pull, x0_center, x0_workers, **_):
    x, a = gamma * L, gamma * L + (n + 1) * pull
    root = sqrt((x - (n - 1) * pull) ** 2 + 4 * n * pull**2)
    phi = 1 - (a + root) / 2
    slow = 2 * x * n * pull / (a + root)
    modes, gone = (1 - slow, phi), (slow, 1 - phi)
    with np.errstate(all="ignore"):
        powers = [_power(mode, K) for mode in modes]
        u_0 = n * x0_workers - n * pull / (1 - n * pull - phi) * x0_center
        bias = powers[0] * x0_center + (powers[0] - powers[1]) / (gone[1] - gone[0]) * pull * u_0
        total = 0.0
        for i, j, weight in ((0, 0, 1), (1, 1, 1), (0, 1, -2)):
            lost = gone[i] + gone[j] - gone[i] * gone[j]
            total += weight * (modes[i] * modes[j] - powers[i] * powers[j]) / lost
        return bias**2 + n**2 * pull**2 * gamma**2 / (gone[1] - gone[0]) ** 2 * total * sigma**2 / n


def easgd_corollary(gamma, L, sigma, n, pull, **_):
    b, x = n * pull, gamma * L
    return b * x * (2 - b - x + b * x) * sigma**2 / ((2 - b) * (2 - x) * (b + x - b * x) * L**2)


def easgd_stationary(gamma, L, sigma, n, pull, **_):
    b, x = n * pull, gamma * L
    above = 2 - b - x + b * x - pull
    return pull * x * above * sigma**2 / ((b + x + pull - b * x) * ((2 - x) * (2 - b) - 2 * pull) * L**2)


def easgd_convex(gamma, K, L, sigma, mu, n, pull, R_0, **_):
    c1 = 2 * gamma * mu * L / (mu + L)
    c2 = gamma * (L - mu) ** 2 / (2 * (mu + L))
    noise = gamma**2 * sigma**2
    rate = min(c1 / 2, n * pull * c1 / (2 * pull + c1))
    with np.errstate(all="ignore"):
        start = (1 + c1 / (2 * pull)) * _power(1 - rate, K) * R_0**2
    return start + noise * (c2 + (c1 + pull) / n) / (c1 * (c1 + c2 + pull))


def elastic_nc(gamma, K, L, sigma, delta, B, n=1, quorum=None, **_):
    return 2 * delta / (gamma * K * (quorum or n) / n) + L * gamma * sigma**2 / n + (L * gamma * B) ** 2


def elastic_sc(gamma, K, L, sigma, mu, R_0, B, n=1, quorum=None, **_):
    with np.errstate(all="ignore"):
        start = R_0**2 * _power(1 - gamma * mu * (quorum or n) / n, K)
    return start + (gamma * L * B / mu) ** 2 + gamma * sigma**2 / (mu * n)


def elastic_log(K, L, sigma, mu, R_0, B, n=1, *, start, views, noise, cubic, **_):
    per = 2 * log(K * n) / K
    total = R_0**2 / start + (views / 4) * (per * L * B) ** 2 / mu**4 + noise / 2 * per * sigma**2 / (mu**2 * n)
    return total + cubic / 8 * per**3 * (L * B) ** 2 / mu**4


def _root(lost):
    return sqrt(lost) / (1 - sqrt(lost))


def _compressed(gamma, K, L, sigma, delta, n, blow_up, **c):
    return _descent(gamma, K, L, sqrt(sigma**2 + blow_up * _moment(sigma=sigma, **c)), delta, n)


def mem_sgd(K, mu, R_0, k_0, square, cube):
    total = sum((K * (K - 1) * (2 * K - 1) / 6, k_0 * K * (K - 1), k_0**2 * K))
    return (mu * k_0**3 * R_0**2 / 8 + 4 * K * (K + 2 * k_0) * square / mu + 64 * K * cube / mu**2) / total


def _stich(lost, slack, **_):
    return 4 * slack / (slack - 4) / (1 - lost) ** 2


def _sharp(lost, k_0, **_):
    return lost / (k_0 / (k_0 + 1) - sqrt(lost)) ** 2


def mem_sgd_2_4(memory, **c):
    g2 = _moment(c["M"], c["sigma"])
    return mem_sgd(c["K"], c["mu"], c["R_0"], c["k_0"], g2, (c["mu"] + 2 * c["L"]) * memory(**c) * g2)


def ef_sgd_2(gamma, K, L, delta, memory, **c):
    g2 = _moment(c["M"], c["sigma"])
    return 2 * delta / (gamma * K) + gamma * L * g2 + (gamma * L) ** 2 * g2 * memory


def ef_sgd_3(gamma, K, R_0, root, **c):
    return R_0**2 / (2 * gamma * K) + gamma * _moment(c["M"], c["sigma"]) * (0.5 + root)


REFERENCES = {
    "sgd.ghadimi-lan": lambda gamma, K, L, sigma, delta, n, **_: (
        L * (2 * delta / L + K * gamma**2 * sigma**2 / n) / (K * (2 * gamma - L * gamma**2))
    ),
    "sgd.ghadimi-lan-tuned": lambda K, L, sigma, delta, n, **_: (
        2 * L * delta / K + 2 * sqrt(2) * sigma * sqrt(L * delta / (n * K))
    ),
    "ours.p1": lambda gamma, K, L, sigma, delta, n, **_: _descent(gamma, K, L, sigma, delta, n),
    "ours.p1-tuned": lambda K, L, sigma, delta, n, **_: 2 * L * delta / K + 2 * sqrt(2 * delta * L * sigma**2 / (n * K)),
    "dpsgd.theorem-1": dpsgd_1,
    "dpsgd.corollary-2": lambda K, L, sigma, delta, n, **_: 8 * delta * L / K + (8 * delta + 4 * L) * sigma / sqrt(K * n),
    "dpsgd.corollary-2:rederived": lambda K, L, sigma, delta, n, **_: (3 * delta + 1.5 * L) * sigma / sqrt(K * n),
    "dpsgd.theorem-3:printed": dpsgd_3_printed,
    "dpsgd.theorem-3:corrected": dpsgd_3_corrected,
    "ours.p2": lambda gamma, K, L, sigma, zeta, delta, n, rho, **_: (
        _descent(gamma, K, L, sigma, delta, n)
        + 2 * gamma**2 * L**2 * sigma**2 / (1 - sqrt(rho))
        + 4 * gamma**2 * L**2 * zeta**2 / (1 - sqrt(rho)) ** 2
    ),
    "ours.p2-tuned": lambda K, L, sigma, zeta, delta, n, rho, **_: _tuned(
        2 * delta, L * sigma**2 / n, _p2_curvature(L, sigma, zeta, rho), (1 - sqrt(rho)) / (2 * L), K
    ),
    "ours.p2-consensus": lambda gamma, sigma, zeta, n, rho, **_: (
        4 * gamma**2 * zeta**2 / (1 - sqrt(rho)) ** 2 + 2 * gamma**2 * sigma**2 * (1 - 1 / n) / (1 - sqrt(rho))
    ),
    "sgp.theorem-1:printed": lambda K, L, sigma, delta, n, **_: 12 * (delta + L * sigma**2 / 2) / sqrt(n * K),
    "sgp.theorem-1:rederived": lambda K, L, sigma, delta, n, **_: (3 * delta + 1.5 * L * sigma**2) / sqrt(n * K),
    "sgp.theorem-2": lambda K, L, sigma, delta, n, **_: (7.5 * delta + 3.75 * L * sigma**2) / sqrt(n * K),
    "sgp.theorem-2-consensus": sgp_consensus,
    "sgp.lemma-3:printed": lambda **_: 1.0,
    "sgp.lemma-3:corrected": lambda **_: 1.0,
    "ours.p4": p4,
    "ours.p4-tuned": lambda K, L, sigma, zeta, delta, n, B_E, **_: _tuned(
        3 * delta, 1.5 * L * sigma**2 / n, 2 * L**2 * B_E * (sigma**2 + 3 * zeta**2), min(1, (12 * B_E) ** -0.5) / L, K
    ),
    "ours.p4-consensus": p4_consensus,
    "ours.p4-view": lambda **c: 2 * p4(**c) + 2 * c["L"] ** 2 * p4_consensus(**c),
    "ours.p4-doubly": lambda gamma, K, L, sigma, zeta, delta, n, B_E, B_2, **_: (
        _descent(gamma, K, L, sigma, delta, n) + 4 * L**2 * gamma**2 * (B_2 * sigma**2 + 2 * B_E * zeta**2)
    ),
    "ours.p4-doubly-tuned": lambda K, L, sigma, zeta, delta, n, B_E, B_2, **_: _tuned(
        2 * delta, L * sigma**2 / n, 4 * L**2 * (B_2 * sigma**2 + 2 * B_E * zeta**2), min(1, (8 * B_E) ** -0.5) / L, K
    ),
    "ours.p4-doubly-consensus": lambda gamma, sigma, zeta, n, B_E, B_2, **_: (
        4 * gamma**2 * B_2 * sigma**2 * (n - 1) / n + 8 * gamma**2 * B_E * zeta**2
    ),
    "ours.p5": p4,
    "ours.p5-consensus": p4_consensus,
    "local-sgd.wang-joshi": lambda gamma, K, L, sigma, delta, n, tau, **_: (
        _descent(gamma, K, L, sigma, delta, n) + gamma**2 * L**2 * sigma**2 * (tau - 1)
    ),
    "local-sgd.wang-joshi-mixing": lambda gamma, K, L, sigma, delta, n, tau, rho, **_: (
        _descent(gamma, K, L, sigma, delta, n) + gamma**2 * L**2 * sigma**2 * ((1 + rho) / (1 - rho) * tau - 1)
    ),
    "ours.p3": lambda gamma, K, L, sigma, zeta, delta, n, tau, **_: (
        _descent(gamma, K, L, sigma, delta, n) + e * L**2 * gamma**2 * (tau - 1) * (sigma**2 + 2 * tau * zeta**2)
    ),
    "ours.p3-tuned": lambda K, L, sigma, zeta, delta, n, tau, **_: _tuned(
        2 * delta, L * sigma**2 / n, e * L**2 * (tau - 1) * (sigma**2 + 2 * tau * zeta**2), _p3_largest(L, tau), K
    ),
    "ours.p3-consensus": lambda gamma, sigma, zeta, tau, **_: e * (tau - 1) * gamma**2 * (sigma**2 + 2 * tau * zeta**2),
    "koloskova.theorem-2": lambda K, L, sigma, zeta, delta, n, rho, **_: (
        8 * L * delta / ((1 - rho) * K)
        + 2 * sqrt(2 * delta * L * sigma**2 / (n * K))
        + 2 * (2 * delta / K) ** (2 / 3) * (2 * L**2 * (2 * sigma**2 / (1 - rho) + 8 * zeta**2 / (1 - rho) ** 2)) ** (1 / 3)
    ),
    "adpsgd.theorem-1:printed": adpsgd,
    "adpsgd.corollary-2:printed": adpsgd_tuned,
    "adpsgd.corollary-2:rederived": lambda K, L, sigma, zeta, delta, batch, **_: (
        2 * (delta + L) * sqrt((sigma**2 + 6 * batch * zeta**2) / (batch * K))
    ),
    "ours.p6": adpsgd,
    "apsgd.theorem-1": lambda gamma, K, L, sigma, delta, T, batch, **_: (
        2 * delta / (batch * K * gamma) + gamma * L * sigma**2 * (1 + 2 * L * batch * T * gamma)
    ),
    "apsgd.corollary-2": lambda K, L, sigma, delta, batch, **_: 4 * sigma * sqrt(delta * L / (batch * K)),
    "lsgd.theorem-1": lambda **_: 1.0,
    "lsgd.multi-leader": lambda **_: 1.0,
    "lsgd.limsup:printed": lambda gamma, L, sigma, mu, **_: _floor(gamma, L, sigma, mu),
    "lsgd.limsup:rederived": lambda gamma, K, L, sigma, mu, delta, **_: _left(gamma, K, mu, delta, _floor(gamma, L, sigma, mu)),
    "lsgd.stochastic-leader:printed": lambda gamma, L, sigma, mu, n, lambda_, sigma_f, **_: (
        _floor(gamma, L, sigma, mu) + 4 / mu * lambda_ * sqrt(n) * sigma_f
    ),
    "lsgd.stochastic-leader:rederived": lambda gamma, K, L, sigma, mu, delta, n, lambda_, sigma_f, **_: _left(
        gamma, K, mu, delta, _floor(gamma, L, sigma, mu) + lambda_ / mu * sqrt(n) * sigma_f
    ),
    "lsgd.one-over-k:rederived": lambda K, L, sigma, mu, delta, k_0, **_: max(k_0 * delta, 2 * L * (sigma / mu) ** 2) / (K + k_0),
    "lsgd.infrequent-leader": lsgd_infrequent,
    "lsgd.stationary-points:printed": lambda **_: 0.0,
    "lsgd.stationary-points:corrected": lambda **_: 0.0,
    "lsgd.limit-points": lambda gamma, K, L, delta, **_: delta / (gamma * (1 - gamma * L / 2)) / K,
    "lsgd.angle-small-lambda": lambda **_: 0.5,
    "lsgd.angle-large": lambda **_: 0.5,
    "easgd.round-robin-stability": lambda **_: 1.0,
    "easgd.admm-instability": lambda **_: 1 / 1.0009,
    "easgd.lemma-6.1": easgd_6_1,
    "easgd.lemma-6.1-corollary:printed": easgd_corollary,
    "easgd.lemma-6.1-corollary:rederived": easgd_stationary,
    "easgd.strongly-convex:printed": lambda **_: 1.0,
    "easgd.strongly-convex:rederived": easgd_convex,
    "easgd.moved-stationary-point": lambda lambda_, tilt, **_: 1 / min(lambda_, tilt),
    "wagma.lemma-4.2": lambda gamma, tau, **c: (2 * gamma * tau) ** 2 * _moment(**c),
    "wagma.lemma-4.3": lambda gamma, tau, **c: (2 * gamma * tau) ** 2 * _moment(**c),
    "wagma.lemma-4.4": lambda gamma, tau, **c: (4 * gamma * tau) ** 2 * _moment(**c),
    "wagma.lemma-4.5": lambda gamma, tau, n, **c: n * (4 * gamma * tau) ** 2 * _moment(**c),
    "wagma.theorem-4.6:printed": lambda **c: wagma_4_6(printed=True, **c),
    "wagma.theorem-4.6:corrected": lambda **c: wagma_4_6(printed=False, **c),
    "wagma.theorem-4.1:printed": lambda epsilon, **_: epsilon,
    "wagma.theorem-4.1:corrected": lambda epsilon, **_: epsilon,
    "ours.wagma-any-step": wagma_any_step,
    "eager.lemma-6.2:printed": lambda **c: eager_6_2(power=1, **c),
    "eager.lemma-6.2:corrected": lambda **c: eager_6_2(power=2, **c),
    "eager.theorem-6.3-bound:printed": lambda **c: eager_6_3(power=1, **c),
    "eager.theorem-6.3-bound:corrected": lambda **c: eager_6_3(power=2, **c),
    "eager.theorem-6.3:printed": lambda epsilon, **_: epsilon,
    "eager.theorem-6.3:corrected": lambda epsilon, **_: epsilon,
    "elastic.nc-1:printed": lambda K, L, sigma, delta, B, **_: (
        4 * delta / sqrt(K) + 6 * L * sigma**2 / sqrt(K) + 2 * (B * L) ** 2 / K + 6 * L**3 * B**2 / K**1.5
    ),
    "elastic.nc-1:rederived": lambda K, L, sigma, delta, B, **_: (2 * delta + L * sigma**2) / sqrt(K) + (L * B) ** 2 / K,
    "elastic.nc-p:printed": lambda K, L, sigma, delta, B, n, **_: (
        8 * delta / sqrt(n * K) + 8 * L * sigma**2 / sqrt(n * K) + 4 * (B * L) ** 2 * n / K + 16 * L**3 * B**2 * (n / K) ** 1.5
    ),
    "elastic.nc-p:rederived": lambda K, L, sigma, delta, B, n, **_: (
        (4 * delta + L * sigma**2) / sqrt(n * K) + (L * B) ** 2 * n / K
    ),
    "ours.elastic-nc": lambda n, quorum, **c: elastic_nc(**c),
    "ours.elastic-nc-parallel": lambda quorum, **c: elastic_nc(**c),
    "ours.elastic-nc-quorum": elastic_nc,
    "elastic.sc-1:printed": lambda n, **c: elastic_log(start=c["K"], views=16, noise=12, cubic=48, **c),
    "elastic.sc-1:rederived": lambda n, **c: elastic_log(start=c["K"] ** 2, views=4, noise=2, cubic=0, **c),
    "elastic.sc-p:printed": lambda **c: elastic_log(start=c["K"] * c["n"], views=16, noise=12, cubic=48, **c),
    "elastic.sc-p:rederived": lambda **c: elastic_log(start=c["K"] * c["n"], views=4, noise=2, cubic=0, **c),
    "ours.elastic-sc": lambda n, quorum, **c: elastic_sc(**c),
    "ours.elastic-sc-parallel": lambda quorum, **c: elastic_sc(**c),
    "ours.elastic-sc-quorum": elastic_sc,
    "elastic.b-shared-memory:printed": lambda d, T, **c: (sqrt(d) * T) ** 2 * _moment(**c),
    "elastic.b-shared-memory:rederived": lambda T, **c: T**2 * _moment(**c),
    "elastic.b-crash": lambda n, faults, **c: (faults / n) ** 2 * _moment(**c),
    "elastic.b-omission": lambda n, faults, **c: (faults / n) ** 2 * _moment(**c),
    "elastic.b-async-messages": lambda n, tau, **c: (tau - tau / n) ** 2 * _moment(**c),
    "elastic.b-norm-bounded": lambda n, **c: (1 - 1 / n) ** 2 * _moment(**c),
    "elastic.b-error-feedback:printed": lambda lost, **c: (2 - lost) * lost / (1 - lost) ** 3 * _moment(**c),
    "elastic.b-error-feedback:rederived": lambda lost, **c: _root(lost) ** 2 * _moment(**c),
    "elastic.b-variance-bounded:printed": lambda sigma, **_: (3 * sigma) ** 2,
    "elastic.b-variance-bounded:rederived": lambda gamma, L, sigma, n, **_: (
        (n - 1) * n * sigma**2 / (n**2 - 4 * (n - 1) ** 2 * (gamma * L) ** 2)
    ),
    "ours.elastic-composition": lambda n, tau, lost, **c: ((n - 1) / n * tau + _root(lost)) ** 2 * _moment(**c),
    "ours.elastic-composition-messages": lambda n, tau, lost, **c: (
        ((n - 1) / n * tau / (1 - sqrt(lost)) + _root(lost)) ** 2 * _moment(**c)
    ),
    "ours.elastic-composition-shared": lambda n, T, lost, **c: (T / (1 - sqrt(lost)) + n * _root(lost)) ** 2 * _moment(**c),
    "ours.gauge-dpsgd": lambda n, rho, **c: n / (1 - sqrt(rho)) ** 2 * _moment(**c),
    "ours.gauge-adpsgd": lambda n, rho, T, **c: (sqrt(1 - 1 / n) / (1 - sqrt(rho)) + T / n) ** 2 * _moment(**c),
    "ours.gauge-sgp": lambda n, C, q, **c: n * (C * q / (1 - q)) ** 2 * _moment(**c),
    "ours.gauge-local-sgd": lambda n, tau, **c: (2 * (tau - 1) * (1 - 1 / n)) ** 2 * _moment(**c),
    "ours.gauge-lsgd": lambda n, pull, **c: (2 * (1 - 1 / n) / pull) ** 2 * _moment(**c),
    "ours.gauge-wagma": lambda tau, **c: 16 * (tau - 1) ** 2 * _moment(**c),
    "ours.gauge-eager": lambda **c: eager_6_2(power=2, **{**c, "gamma": 1.0}),
    "qsgd.lemma-3.1-mean": lambda **_: 0.0,
    "qsgd.lemma-3.1:printed": lambda d, levels, **_: min(d / levels**2, sqrt(d) / levels),
    "qsgd.lemma-3.1:rederived": lambda d, levels, **_: min(d / levels**2 / 4, sqrt(d) / levels),
    "qsgd.lemma-3.1-sparsity": lambda d, levels, **_: levels**2 + levels * sqrt(d),
    "ours.unbiased-compression": _compressed,
    "mem-sgd.lemma-3.1": lambda **_: 1.0,
    "mem-sgd.lemma-3.2:printed": lambda **c: _stich(**c) * _moment(**c),
    "mem-sgd.lemma-3.2:rederived": lambda **c: _sharp(**c) * _moment(**c),
    "mem-sgd.lemma-3.3": lambda K, mu, R_0, k_0, per_square, per_cube, **_: mem_sgd(K, mu, R_0, k_0, per_square, per_cube),
    "mem-sgd.theorem-2.4:printed": lambda **c: mem_sgd_2_4(_stich, **c),
    "mem-sgd.theorem-2.4:rederived": lambda **c: mem_sgd_2_4(_sharp, **c),
    "ef-sgd.lemma-3": lambda lost, **c: 4 * lost / (1 - lost) ** 2 * _moment(**c),
    "ef-sgd.theorem-2:printed": lambda lost, **c: ef_sgd_2(memory=4 * lost / (1 - lost) ** 2, **c),
    "ef-sgd.theorem-2:rederived": lambda lost, **c: ef_sgd_2(memory=_root(lost) ** 2, **c),
    "ef-sgd.theorem-2-step": lambda lost, K, **c: ef_sgd_2(memory=4 * lost / (1 - lost) ** 2, K=K, **{**c, "gamma": 1 / sqrt(K)}),
    "ef-sgd.theorem-3:printed": lambda lost, **c: ef_sgd_3(root=2 * sqrt(lost) / (1 - lost), **c),
    "ef-sgd.theorem-3:rederived": lambda lost, **c: ef_sgd_3(root=_root(lost), **c),
    "ours.detached-error-feedback": lambda gamma, K, L, sigma, delta, n, lost, detached, M, **_: (
        _descent(gamma, K, L, sigma, delta, n)
        + (gamma * L * _root(lost)) ** 2 * (M**2 + sigma**2) * max((1 - detached) ** 2, detached**2)
    ),
    "ours.detached-gauge": lambda n, lost, detached, **c: (_root(lost) * (abs(1 / n - detached) + 1 - 1 / n)) ** 2 * _moment(**c),
}
REFERENCES["ours.p5-tuned"] = REFERENCES["ours.p4-tuned"]
