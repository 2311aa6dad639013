"""Cards: QSGD, Mem-SGD, and SGD with error feedback."""

from __future__ import annotations

from theory.card import Card, Provenance, Source, Standing

_QSGD, _MEM, _EF = "alistarh-2017", "stich-2018", "karimireddy-2019"
_READ = Provenance("read")
_RECALLED = Provenance("recalled")
_DERIVED = Provenance("derived")
_TRANSCRIBED = "Read in a transcription of the paper, not compared with the print. "
_REMEMBERED = (
    "Recalled, not compared with the print; formulas agree with the documentation of an implementation. What the paper calls "
    "sigma is G here: a bound on second moments. "
)
_FALLING = "The step is 8/(mu (k + k_0)) in iteration k; theta is 1 - k/d in the paper. "
_SIGN = "The transcription has the memory as virtual model minus model; the recursion makes it model minus virtual model. "
_PAPERS = {"qsgd": _QSGD, "mem-sgd": _MEM, "ef-sgd": _EF, "ours": "straggler"}
_MODULES = {"qsgd": "qsgd", "mem-sgd": "mem_sgd", "ef-sgd": "ef_sgd"}


def _card(
    key: str,
    title: str,
    statement: str,
    attribute: str,
    note: str,
    provenance: Provenance,
    systems: tuple[str, ...] = (),
    module: str = "",
) -> Card:
    family = key.split(".")[0]
    plain: Standing = "ours" if family == "ours" else "printed"
    standing: Standing = "rederived" if key.endswith(":rederived") else plain
    about = systems or {"qsgd": ("compressed-sgd",), "mem-sgd": ("mem-sgd",)}.get(family, ("ef-sgd",))
    source = Source(_PAPERS[family], statement)
    return Card(key, title, source, module or _MODULES[family], attribute, about, standing, note, provenance)


_QSGD_CARDS = (
    _card("qsgd.lemma-3.1-mean", "QSGD, bias", "Lemma 3.1 (i)", "mean", _TRANSCRIBED + "Proved again here.", _READ),
    _card(
        "qsgd.lemma-3.1:printed",
        "QSGD, variance",
        "Lemma 3.1 (ii)",
        "variance",
        _TRANSCRIBED + "Proved again here; d/(4 s^2) may replace d/s^2. The second moment of the quantised gradient is 1 + this "
        "times that of the gradient; where the transcription of the corollaries puts this alone, the 1 is missing.",
        _READ,
    ),
    _card(
        "qsgd.lemma-3.1:rederived",
        "QSGD, variance",
        "Lemma 3.1 (ii)",
        "variance_rederived",
        "Proved here, with d/(4 s^2) in place of d/s^2.",
        _DERIVED,
    ),
    _card(
        "qsgd.lemma-3.1-sparsity",
        "QSGD, nonzero coordinates",
        "Lemma 3.1 (iii)",
        "sparsity",
        _TRANSCRIBED + "Proved again here.",
        _READ,
    ),
    _card(
        "ours.unbiased-compression",
        "SGD with unbiased compressors, any constant step",
        "SGD with unbiased compressors",
        "compressed",
        "Proved here: the descent lemma, with the variance of the compressor added to that of the gradients.",
        _DERIVED,
        ("compressed-sgd",),
        "qsgd",
    ),
)
_MEM_CARDS = (
    _card(
        "mem-sgd.lemma-3.1",
        "Mem-SGD, one step",
        "Lemma 3.1",
        "lemma_3_1",
        _TRANSCRIBED + _SIGN + "Proved again here, for any step.",
        _READ,
    ),
    _card(
        "mem-sgd.lemma-3.2:printed",
        "Mem-SGD, size of the memory",
        "Lemma 3.2",
        "lemma_3_2",
        _TRANSCRIBED + "Proved again here, from k_0 >= (alpha + 1)/(1 - theta) alone. " + _FALLING,
        _READ,
    ),
    _card(
        "mem-sgd.lemma-3.2:rederived",
        "Mem-SGD, size of the memory, for more starts",
        "Lemma 3.2",
        "lemma_3_2_rederived",
        "Proved here: smaller than what is printed wherever that applies, and for every k_0 that makes steps fall more slowly "
        "than the compressor forgets. " + _FALLING,
        _DERIVED,
    ),
    _card(
        "mem-sgd.lemma-3.3",
        "Mem-SGD, weighted recursion",
        "Lemma 3.3",
        "lemma_3_3",
        _TRANSCRIBED + "Proved again here. " + _FALLING,
        _READ,
    ),
    _card(
        "mem-sgd.theorem-2.4:printed",
        "Mem-SGD",
        "Theorem 2.4",
        "theorem_2_4",
        _TRANSCRIBED + "Proved again here. " + _FALLING,
        _READ,
    ),
    _card(
        "mem-sgd.theorem-2.4:rederived",
        "Mem-SGD, smaller memory",
        "Theorem 2.4",
        "theorem_2_4_rederived",
        "Proved here, with mem-sgd.lemma-3.2:rederived for the memory. " + _FALLING,
        _DERIVED,
    ),
)
_EF_CARDS = (
    _card(
        "ef-sgd.lemma-3",
        "Error feedback, size of the memory",
        "Lemma 3",
        "lemma_3",
        _REMEMBERED + "Proved again here. elastic.b-error-feedback:rederived is smaller, by a factor of 4 for small theta.",
        _RECALLED,
        ("ef-sgd",),
    ),
    _card(
        "ef-sgd.theorem-2:printed",
        "Error feedback, non-convex, any step",
        "Theorem II",
        "theorem_2",
        _REMEMBERED
        + "Proved again here, without a condition on the step. The paper has a free parameter, which is 1 here; K is its T + 1.",
        _RECALLED,
    ),
    _card(
        "ef-sgd.theorem-2:rederived",
        "Error feedback, non-convex, any step, smaller memory",
        "Theorem II",
        "theorem_2_rederived",
        "Proved here: for the mean over iterations, with the memory of elastic.b-error-feedback:rederived.",
        _DERIVED,
    ),
    _card(
        "ef-sgd.theorem-2-step",
        "Error feedback, non-convex, step 1/sqrt(K)",
        "Theorem II, step 1/sqrt(T + 1)",
        "theorem_2_step",
        _REMEMBERED
        + "ef-sgd.theorem-2:printed at this step, which carries no length scale: not invariant under a change of units.",
        _RECALLED,
    ),
    _card(
        "ef-sgd.theorem-3:printed",
        "Error feedback, convex and not smooth",
        "Theorem III",
        "theorem_3",
        _REMEMBERED + "Proved again here. K is T + 1 of the paper.",
        _RECALLED,
    ),
    _card(
        "ef-sgd.theorem-3:rederived",
        "Error feedback, convex and not smooth, smaller memory",
        "Theorem III",
        "theorem_3_rederived",
        "Proved here, with the memory of elastic.b-error-feedback:rederived.",
        _DERIVED,
    ),
    _card(
        "ours.detached-error-feedback",
        "Detached error feedback, non-convex, any step",
        "detached error feedback",
        "detached_error_feedback",
        "Proved here for the update of Xu and Huang (2022), which is recalled: gradients at the model minus a share of the "
        "memory. A share of 1/2 leaves a quarter of what error feedback adds.",
        _DERIVED,
        ("def",),
        "ef_sgd",
    ),
    _card(
        "ours.detached-gauge",
        "Gauge of detached error feedback",
        "gauge of detached error feedback",
        "detached_gauge",
        "Proved here for the update of Xu and Huang (2022), which is recalled.",
        _DERIVED,
        ("def",),
        "ef_sgd",
    ),
)
CARDS = (*_QSGD_CARDS, *_MEM_CARDS, *_EF_CARDS)
