"""Cards: leader SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source, Standing

_LEADERS = ("lgd", "lsgd")
_GEOMETRY = ("stationary", "limit-points", "angle")
_POSTER = "Read on the poster of the authors, not compared with the paper. "
_RECALLED = "Recalled, not compared with the print. "
_STRENGTH = (
    "lambda is the strength of the theory, in x - gamma (g + lambda (x - z)); the algorithm moves a share alpha = gamma lambda "
    "of the distance, so the condition on it says alpha <= mu/(2 L)."
)
_DECAYING = "The step is 2/(mu (k + k_0)) in iteration k, and alpha the share that every step moves towards the leader. "


def _card(
    name: str, title: str, statement: str, standing: Standing, note: str, origin: Provenance, known_false: bool = False
) -> Card:
    attribute = name.removesuffix(":printed").replace("-", "_").replace(":", "_")
    module = "lsgd_geometry" if name.startswith(_GEOMETRY) else "lsgd"
    return Card(
        f"lsgd.{name}", title, Source("teng-2019", statement), module, attribute, _LEADERS, standing, note, origin, known_false
    )


CARDS = (
    _card(
        "theorem-1",
        "Leader SGD, descent in one step",
        "Theorem 1",
        "printed",
        "The inequality is read on the poster of the authors, its conditions are recalled; neither is compared with the paper. "
        "Proved here; the third condition follows from the other two. The point z is arbitrary: a leader, a center, or another "
        "worker. " + _STRENGTH,
        Provenance("recalled"),
    ),
    _card(
        "multi-leader",
        "Leader SGD with leaders of groups and of all, descent in one step",
        "Theorem 1, two leaders",
        "rederived",
        "The update with two pulls is read on the poster of the authors; the inequality is proved here. " + _STRENGTH,
        Provenance("derived"),
    ),
    _card(
        "limsup:printed",
        "Leader SGD, in the limit",
        "Theorem 1, limit superior",
        "printed",
        _RECALLED + "Follows from lsgd.limsup:rederived. " + _STRENGTH,
        Provenance("recalled"),
    ),
    _card(
        "limsup:rederived",
        "Leader SGD, after K iterations",
        "Theorem 1, limit superior",
        "rederived",
        "Proved here: what is left of the start after K iterations beside the printed limit. " + _STRENGTH,
        Provenance("derived"),
    ),
    _card(
        "stochastic-leader:printed",
        "Leader SGD, leader elected on noisy values, in the limit",
        "Theorem on the stochastic leader",
        "printed",
        _POSTER + "True, and the constant 4 may be 1. " + _STRENGTH,
        Provenance("read"),
    ),
    _card(
        "stochastic-leader:rederived",
        "Leader SGD, leader elected on noisy values, after K iterations",
        "Theorem on the stochastic leader",
        "rederived",
        "Proved here, with the constant 1 in place of 4, and for every K. The last term is for estimates that flatter bad "
        "models, as unbiased ones can. Errors of one law, independent of each other and of the models, elect the better of two "
        "models at least as often, so the leader is on average no worse than the workers: with them the term may be left out. "
        + _STRENGTH,
        Provenance("derived"),
    ),
    _card(
        "one-over-k:rederived",
        "Leader SGD, steps falling as 1/k",
        "Theorem 1, step of order 1/k",
        "rederived",
        "The paper states an order, O(1/k) (read on the poster of the authors); the constant is proved here. " + _DECAYING,
        Provenance("derived"),
    ),
    _card(
        "infrequent-leader",
        "Leader SGD, an election every tau steps",
        "the remark on communication periods",
        "rederived",
        "Proved here for every K; the paper has a statement like it, whose wording is not recalled. The limit is the one of an "
        "election before every step. " + _STRENGTH,
        Provenance("derived"),
    ),
    _card(
        "stationary-points:printed",
        "Stationary points of the objective of leader SGD, leader differentiated",
        "Theorem on stationary points",
        "printed",
        _POSTER
        + "False if, as the words say, the leader in the objective is a function of the models: for two workers at 0 and 1 "
        "and f(x) = lambda (x - x^2) + c (3 x^2 - 2 x^3), c > 0, both derivatives of the objective vanish while f'(0) = lambda.",
        Provenance("read"),
        known_false=True,
    ),
    _card(
        "stationary-points:corrected",
        "Fixed points of leader SGD",
        "Theorem on stationary points",
        "corrected",
        "Proved here: the printed statement holds for fixed points of the update, which takes the leader for a constant.",
        Provenance("derived"),
    ),
    _card(
        "limit-points",
        "Leader gradient descent, gradients of the leaders",
        "Theorem on limit points",
        "rederived",
        "The paper states that the least gradient norm of whoever leads infinitely often tends to zero (recalled); the constant "
        "is proved here, for exact gradients and any times of communication.",
        Provenance("derived"),
    ),
    _card(
        "angle-small-lambda",
        "Step direction of leader SGD on a quadratic, small lambda",
        "Theorem on small lambda",
        "printed",
        _RECALLED + "Proved here. cos(theta) < 1 says that the gradient step does not point to the minimiser already.",
        Provenance("recalled"),
    ),
    _card(
        "angle-large",
        "Step direction of leader SGD on a quadratic, large angle",
        "Theorem on large angles",
        "printed",
        _RECALLED
        + "Not proved again here; random quadratics agree, with at least 0.56 of the leaders improving the direction. In "
        "the paper cos(theta) = r/sqrt(kappa), kappa = L/mu. As cos(theta) >= 2 sqrt(kappa)/(kappa + 1), no point meets the "
        "condition unless kappa exceeds 130.9.",
        Provenance("recalled"),
    ),
)
