"""Cards: elastic averaging SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source, Standing

_RECALLED = "Recalled, not compared with the print. "
_TRANSLATED = "Read in a translation of the paper, not compared with the print. "
_ROOTS = "The roots of the paper, gamma and phi, are 1 - s and 1 - r here, computed without cancellation; its beta is n alpha. "


def _card(
    name: str,
    title: str,
    statement: str,
    standing: Standing,
    note: str,
    origin: Provenance,
    *,
    attribute: str = "",
    systems: tuple[str, ...] = ("easgd",),
    paper: str = "zhang-2015",
) -> Card:
    found = attribute or name.replace("-", "_").replace(".", "_")
    return Card(f"easgd.{name}", title, Source(paper, statement), "easgd", found, systems, standing, note, origin)


CARDS = (
    _card(
        "round-robin-stability",
        "EASGD in round-robin order on a quadratic, stable",
        "Section 4, stability of EASGD",
        "printed",
        _TRANSLATED
        + "Proved here, for curvature L (the paper has L = 1). The region is exactly where a single worker's map is stable; "
        "of the whole pass it is sufficient, and a little outside of it some passes are stable too.",
        Provenance("read"),
        systems=("easgd-async",),
    ),
    _card(
        "admm-instability",
        "ADMM in round-robin order on a quadratic, unstable",
        "Section 4, instability of ADMM",
        "printed",
        "The example (three workers, step 0.001, penalty 2.5) is read in a translation of the paper, the update is recalled; "
        "every single update has radius one, and the spectral radius 1.00097 of the pass is computed here.",
        Provenance("read"),
        systems=("admm",),
    ),
    _card(
        "lemma-6.1",
        "EASGD on a quadratic, the center after K rounds",
        "supplement, Lemma 6.1",
        "printed",
        _RECALLED
        + "Proved here; an equality, of squared bias and variance. In one dimension, or in several where workers and center "
        "start along one line, offsets being signed lengths along it. " + _ROOTS,
        Provenance("recalled"),
    ),
    _card(
        "lemma-6.1-corollary:printed",
        "EASGD on a quadratic, the center in the limit, many workers",
        "supplement, corollary to Lemma 6.1",
        "printed",
        _RECALLED
        + "The limit of easgd.lemma-6.1-corollary:rederived; an equality, of limits. Its beta is n alpha here, which stays "
        "fixed as n grows.",
        Provenance("recalled"),
        attribute="corollary",
    ),
    _card(
        "lemma-6.1-corollary:rederived",
        "EASGD on a quadratic, the center in the limit",
        "supplement, corollary to Lemma 6.1",
        "rederived",
        "Proved here, for every number of workers; an equality.",
        Provenance("derived"),
        attribute="corollary_rederived",
    ),
    _card(
        "strongly-convex:printed",
        "EASGD under strong convexity, one round",
        "supplement, strongly convex case",
        "printed",
        _RECALLED + "Proved here, all three rows, with a smaller constant in the first.",
        Provenance("recalled", "medium"),
        attribute="strongly_convex_rows",
    ),
    _card(
        "strongly-convex:rederived",
        "EASGD under strong convexity, after K rounds",
        "supplement, strongly convex case",
        "rederived",
        "Proved here from the recursion of easgd.strongly-convex:printed with gamma (L - mu)^2/(2 (mu + L)) in place of its "
        "second constant, which makes all its entries nonnegative at every admitted step.",
        Provenance("derived"),
        attribute="strongly_convex_rederived",
    ),
    _card(
        "moved-stationary-point",
        "EASGD on a nonconvex function, moved stationary points",
        "Theorem on stationary points of EASGD",
        "rederived",
        "The paper states existence (recalled with medium confidence), with another polynomial between -1 and 1; this example "
        "and its proof are ours.",
        Provenance("derived"),
        paper="teng-2019",
    ),
)
