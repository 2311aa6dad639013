"""What several papers share: conditions, and the descent lemma from which every bound of ours starts."""

from __future__ import annotations

from theory.assumptions import GRADIENTS, heterogeneity, same_start
from theory.conditions import Condition
from theory.symbols import K, L, delta, gamma, n, rho, sigma

DESCENT_BOUND = 2 * delta / (gamma * K) + L * gamma * sigma**2 / n
"""The first two terms of (DL)."""

DESCENT = r"""
Notation: $h_k = \mathbb{E}\|\nabla f(\bar x_k)\|^2$, $Q_k = \frac1n\sum_i\mathbb{E}\|y_i-\bar x_k\|^2$ with $y_i$ the points
where workers evaluate, $J = \frac1n\mathbf 1\mathbf 1^\top$, avg the mean over $k<K$.

Descent lemma (DL). Let $\bar x_{k+1} = \bar x_k - \frac\gamma n\sum_i g_i$ with $\mathbb{E}g_i = \nabla f_i(y_i)$, independent
noises of variance at most $\sigma^2$, and $\gamma L\le 1$. Write $b = \frac1n\sum_i\nabla f_i(y_i)$. Smoothness gives
$\mathbb{E}f(\bar x_{k+1}) \le \mathbb{E}f(\bar x_k) - \gamma\mathbb{E}\langle\nabla f(\bar x_k),b\rangle
+ \frac{L\gamma^2}2(\mathbb{E}\|b\|^2+\frac{\sigma^2}n)$. Since $-\langle u,b\rangle = \frac12(\|u-b\|^2-\|u\|^2-\|b\|^2)$ and
$\|\nabla f(\bar x_k)-b\|^2\le L^2\frac1n\sum_i\|y_i-\bar x_k\|^2$ (Jensen, smoothness of every $f_i$), and since
$-\frac\gamma2(1-\gamma L)\|b\|^2\le 0$ may be dropped,
$\mathbb{E}f(\bar x_{k+1})\le\mathbb{E}f(\bar x_k)-\frac\gamma2h_k+\frac{\gamma L^2}2Q_k+\frac{L\gamma^2\sigma^2}{2n}$.
Summing over $k<K$ and dividing by $\gamma K/2$:
avg $h\le\frac{2\Delta}{\gamma K}+\frac{L\gamma\sigma^2}n+L^2\,$avg$\,Q$. (DL)
"""

ASSUMED = (*GRADIENTS, heterogeneity, same_start)

SHORT_STEP = Condition("gamma <= 1/L", gamma * L, 1)
CONTRACTS = Condition("rho < 1", rho, 1, strict=True)
