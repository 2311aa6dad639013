"""Cards: WAGMA-SGD, in the sequential model of its proof."""

from __future__ import annotations

from theory.card import Card, Provenance, Source, Standing

_MODEL = (
    "Proved for a sequence of single groups, not for the algorithm as it runs: the weights 1/(S+1) of late models, the butterfly "
    "groups, momentum and groups that act at once are not modelled, and tau counts group interactions, P/S of which make one "
    "round. The paper does not say what a global average does to a gradient that others have not seen; here they see it "
    "from then on."
)
_UNITS = "The step carries no length scale: the statement is not invariant under a change of units. "
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
    paper: str = "li-2021",
) -> Card:
    system = ("wagma-sequential",)
    return Card(key, title, Source(paper, statement), "wagma", attribute, system, standing, f"{note} {_MODEL}", provenance)


CARDS = (
    _card(
        "wagma.lemma-4.2",
        "WAGMA-SGD, drift of a model since the last average",
        "Lemma 4.2",
        "lemma_4_2",
        "Proved again here, for any groups.",
    ),
    _card(
        "wagma.lemma-4.3",
        "WAGMA-SGD, drift of the mean since the last average",
        "Lemma 4.3",
        "lemma_4_3",
        "Proved again here, for any groups.",
    ),
    _card(
        "wagma.lemma-4.4",
        "WAGMA-SGD, distance of a stale model to the mean",
        "Lemma 4.4",
        "lemma_4_4",
        "Proved again here, for any groups.",
    ),
    _card(
        "wagma.lemma-4.5",
        "WAGMA-SGD, total distance of the models to the mean",
        "Lemma 4.5",
        "lemma_4_5",
        "Proved again here, for any groups; 4 in place of 16 would do.",
    ),
    _card(
        "wagma.theorem-4.6:printed",
        "WAGMA-SGD, step P/sqrt(T)",
        "Theorem 4.6",
        "theorem_4_6",
        "True, but not proved in the paper: the factor L/2 of the squared step is dropped on the way from (6) to (9), and the "
        "gradient that others have not seen is replaced by its mean although the mean of the models depends on it. The third "
        "term has slack enough for both: ours.wagma-any-step implies the statement, for every L. " + _UNITS,
    ),
    _card(
        "wagma.theorem-4.6:corrected",
        "WAGMA-SGD, step P/sqrt(T), with the constants that the argument gives",
        "Theorem 4.6",
        "theorem_4_6_corrected",
        "The argument of the paper with its two gaps closed one by one: L/2 kept, and the correlation of the unseen gradient "
        "with the mean of the models bounded by the way the mean has gone since. Looser than what is printed where "
        "L (S + (S-1) tau) > 2 S, and looser than ours.wagma-any-step throughout. " + _UNITS,
        _DERIVED,
        "corrected",
    ),
    _card(
        "wagma.theorem-4.1:printed",
        "WAGMA-SGD, iterations to a small gradient",
        "Theorem 4.1",
        "theorem_4_1",
        "The print has T = Omega(max{Delta^2, S^4 M^4 L^4}/epsilon^2, P^4 tau^4), without constants; these are the ones that "
        "theorem 4.6 as printed gives. They hold 1 + 8 L^2 where the print has L^2, which for small L promises more than theorem "
        "4.6. " + _UNITS,
    ),
    _card(
        "wagma.theorem-4.1:corrected",
        "WAGMA-SGD, iterations to a small gradient, with the constants that the argument gives",
        "Theorem 4.1",
        "theorem_4_1_corrected",
        "From wagma.theorem-4.6:corrected. " + _UNITS,
        _DERIVED,
        "corrected",
    ),
    _card(
        "ours.wagma-any-step",
        "WAGMA-SGD, any constant step",
        "WAGMA-SGD, any step",
        "any_step",
        "Proved here, without a condition on the step or on the number of iterations: until a worker's gradient is seen it moves "
        "the mean of the models by itself alone, so that its correlation with the mean does not grow with tau.",
        _DERIVED,
        "ours",
        "straggler",
    ),
)
