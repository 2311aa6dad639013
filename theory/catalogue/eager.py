"""Cards: eager-SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source, Standing

_CENTER = "The center is the model that all gradients taken so far would give, late or not; views are the models workers use."
_FALSE = "False: it rests on lemma 6.2, which drops the products of different late gradients. "
_READ = Provenance("read")
_DERIVED = Provenance("derived")


def _card(
    key: str,
    title: str,
    statement: str,
    attribute: str,
    note: str,
    provenance: Provenance = _READ,
    standing: Standing = "printed",
) -> Card:
    source, known_false = Source("li-2020", statement), standing == "printed"
    return Card(key, title, source, "eager", attribute, ("eager",), standing, f"{note} {_CENTER}", provenance, known_false)


CARDS = (
    _card(
        "eager.lemma-6.2:printed",
        "eager-SGD, distance between a model and the center",
        "Lemma 6.2",
        "lemma_6_2",
        "False: the square of a sum of k = tau (P-Q) late gradients is bounded by the sum of their squares. Where all gradients "
        "are the same, the left side is k times as large as the right one.",
    ),
    _card(
        "eager.lemma-6.2:corrected",
        "eager-SGD, distance between a model and the center, products kept",
        "Lemma 6.2",
        "lemma_6_2_corrected",
        "The print has tau (P-Q) where its square is needed. Attained where all gradients are the same.",
        _DERIVED,
        "corrected",
    ),
    _card(
        "eager.theorem-6.3-bound:printed",
        "eager-SGD, any constant step",
        "proof of Theorem 6.3",
        "theorem_6_3_bound",
        _FALSE + "Where tau times the step is several times 1/L the center circles the minimum with gradients of nearly full "
        "size, whatever the step: no noise, P = 16, Q = 1, tau = 200, gamma L = 1/25 is such a case.",
    ),
    _card(
        "eager.theorem-6.3-bound:corrected",
        "eager-SGD, any constant step, products kept",
        "proof of Theorem 6.3",
        "theorem_6_3_bound_corrected",
        "The bound in the proof, with lemma 6.2 corrected: for the mean over iterations, not only the least of them, and for "
        "heterogeneous data.",
        _DERIVED,
        "corrected",
    ),
    _card(
        "eager.theorem-6.3:printed",
        "eager-SGD, iterations to a small gradient",
        "Theorem 6.3",
        "theorem_6_3",
        _FALSE
        + "The case of eager.theorem-6.3-bound:printed contradicts it for epsilon = M^2/2. Its last step uses L where L^2 is "
        "needed, so that the units of the second condition do not match; with L^2 that condition follows from the first. The "
        "print says T = Theta(Delta/(epsilon gamma)); 24 is the constant of its proof.",
    ),
    _card(
        "eager.theorem-6.3:corrected",
        "eager-SGD, iterations to a small gradient, products kept",
        "Theorem 6.3",
        "theorem_6_3_corrected",
        "The print has tau (P-Q) where its square is needed, and a condition more, which the first one implies once its L is "
        "put right.",
        _DERIVED,
        "corrected",
    ),
)
