"""Options of problems that several families of claims share."""

from __future__ import annotations

from experiments.claims import Option

# Small L against sigma is the regime in which conditions of the form K >= n^5 L^4 / sigma^6 are met by runs one can afford.
NOISY: dict[str, Option] = {"dim": 10, "smoothness": 0.2, "sigma": 1.0, "zeta": 0.3}
ROUGH: dict[str, Option] = {"dim": 10, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.5}
