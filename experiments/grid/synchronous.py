"""Claims about the systems that work in rounds and keep their average: SGD, D-PSGD, SGP, overlap, local SGD."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

from experiments.claims import Claim, Option
from experiments.grid.options import NOISY, ROUGH

SERIAL_STEPS: tuple[tuple[str, float | Literal["prescribed"]], ...] = (
    ("sgd.ghadimi-lan", 0.5),
    ("ours.p1", 0.5),
    ("ours.p1-tuned", "prescribed"),
)


def claims(iterations: int, graphs: tuple[tuple[str, int], ...], problems: tuple[str, ...]) -> list[Claim]:
    """Return the claims on synthetic problems, about runs of ``iterations``."""
    gossip = _gossip(graphs, problems, iterations)
    return [*_serial(iterations), *gossip, *_push(iterations), *_local(iterations)]


def _serial(iterations: int) -> list[Claim]:
    claims = [
        Claim(theorem=key, system="sgd", problem=problem, nodes=nodes, iterations=iterations, step=step, problem_options=ROUGH)
        for (key, step), (problem, nodes) in product(
            SERIAL_STEPS,
            (("cosine", 4), ("saddle", 16), ("quadratic", 8)),
        )
    ]
    for problem in ("rational", "quadratic"):
        claims.append(
            Claim(
                theorem="sgd.ghadimi-lan-tuned",
                system="sgd",
                problem=problem,
                nodes=8,
                iterations=iterations,
                step="prescribed",
                problem_options=ROUGH | {"noise": "rademacher"},
            )
        )
    return claims


def _gossip(graphs: tuple[tuple[str, int], ...], problems: tuple[str, ...], iterations: int) -> list[Claim]:
    free = ("dpsgd.theorem-1", "dpsgd.theorem-3:corrected", "ours.p2", "ours.p2-consensus")
    claims = [
        Claim(theorem=key, system="dpsgd", problem=problem, graph=graph, nodes=n, iterations=iterations, problem_options=ROUGH)
        for key, problem, (graph, n) in product(free, problems, graphs)
    ]
    claims += [
        Claim(
            theorem=key,
            system="dpsgd",
            problem=problems[-1],
            graph=graph,
            nodes=n,
            iterations=iterations,
            step="prescribed",
            problem_options=ROUGH,
        )
        for key, (graph, n) in product(("ours.p2-tuned", "koloskova.theorem-2"), graphs)
    ]
    printed: dict[str, Any] = {"theorem": "dpsgd.theorem-3:printed", "system": "dpsgd", "graph": "ring", "nodes": 8}
    claims += [Claim(**printed, problem=problem, iterations=iterations, problem_options=ROUGH) for problem in problems]
    corollary = [
        Claim(
            theorem=key,
            system="dpsgd",
            problem=problem,
            graph=graph,
            nodes=4,
            iterations=max(iterations, 20_000),
            step="prescribed",
            problem_options=NOISY,
        )
        for key, (graph, problem) in product(
            ("dpsgd.corollary-2", "dpsgd.corollary-2:rederived"), (("complete", "rational"), ("ring", "quadratic"))
        )
    ]
    different: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.5, "zeta": 0.2, "hessians": "different"}
    mixed = Claim(
        theorem="ours.p2",
        system="dpsgd",
        problem="quadratic",
        graph="ring",
        nodes=6,
        iterations=min(iterations, 2000),
        problem_options=different,
    )
    return [*claims, *corollary, mixed]


def _push(iterations: int) -> list[Claim]:
    common: dict[str, Any] = {"system": "sgp", "iterations": iterations}
    exponential = common | {"graph": "one-peer-exponential"}
    theorem_1: dict[str, Any] = exponential | {
        "nodes": 4,
        "iterations": max(iterations, 20_000),
        "problem": "cosine",
        "problem_options": {"dim": 10, "smoothness": 0.1, "sigma": 1.0, "zeta": 0.3},
        "step": "prescribed",
    }
    claims = [
        Claim(theorem=key, **theorem_1)
        for key in ("sgp.theorem-1:printed", "sgp.theorem-1:rederived", "sgp.theorem-2", "sgp.theorem-2-consensus")
    ]
    claims.append(
        Claim(
            theorem="sgp.theorem-1:printed",
            **(theorem_1 | {"nodes": 32, "iterations": 256, "constants": "printed", "problem_options": ROUGH}),
        )
    )
    for (graph, n, weights), key in product(
        (("one-peer-exponential", 8, None), ("star", 6, "push")), ("ours.p4", "ours.p4-consensus", "ours.p4-view")
    ):
        claims.append(
            Claim(theorem=key, **common, graph=graph, nodes=n, weights=weights, problem="rational", problem_options=ROUGH)
        )
    for n, key in product((8, 16), ("ours.p4-doubly", "ours.p4-doubly-consensus")):
        claims.append(Claim(theorem=key, **exponential, nodes=n, problem="quadratic", problem_options=ROUGH))
    for key in ("ours.p4-tuned", "ours.p4-doubly-tuned"):
        claims.append(Claim(theorem=key, **exponential, nodes=8, problem="cosine", step="prescribed", problem_options=ROUGH))
    for overlap, key in product((1, 2), ("ours.p5", "ours.p5-consensus")):
        late = exponential | {"system": "osgp", "options": {"overlap": overlap}}
        claims.append(Claim(theorem=key, **late, nodes=8, problem="quadratic", problem_options=ROUGH))
    late = exponential | {"system": "osgp", "options": {"overlap": 1}}
    claims.append(Claim(theorem="ours.p5-tuned", **late, nodes=8, problem="cosine", step="prescribed", problem_options=ROUGH))
    return [*claims, *_lemma_3()]


def _lemma_3() -> list[Claim]:
    """Return the push-sum lemma as printed, with its smallest counterexample, and in the form that is true."""
    pair: dict[str, Option] = {"dim": 1, "smoothness": 1e-3, "sigma": 0.0, "zeta": 1.0, "start": 0.0}
    pair |= {"noise": "none", "tilt": "pair"}
    setting: dict[str, Any] = {"system": "sgp", "graph": "one-peer-exponential", "problem": "cosine", "step": 0.1}
    false = Claim(theorem="sgp.lemma-3:printed", **setting, nodes=4, iterations=4, problem_options=pair, budget=16)
    true = Claim(theorem="sgp.lemma-3:corrected", **setting, nodes=4, iterations=4, problem_options=pair, budget=16)
    noisy = Claim(theorem="sgp.lemma-3:corrected", **setting, nodes=8, iterations=500, problem_options=ROUGH, budget=32)
    return [false, true, noisy]


def _local(iterations: int) -> list[Claim]:
    claims = []
    for period, key in product((2, 8), ("ours.p3", "ours.p3-consensus")):
        for problem in ("cosine", "quadratic"):
            options: dict[str, Any] = {"system": "local-sgd", "options": {"period": period}, "nodes": 8, "iterations": iterations}
            claims.append(Claim(theorem=key, **options, problem=problem, problem_options=ROUGH))
    same: dict[str, Option] = ROUGH | {"zeta": 0.0}
    settings: dict[str, Any] = {"system": "local-sgd", "options": {"period": 4}, "nodes": 8, "iterations": iterations}
    claims.append(Claim(theorem="ours.p3-tuned", **settings, problem="quadratic", step="prescribed", problem_options=ROUGH))
    for problem in ("saddle", "quadratic"):
        claims.append(Claim(theorem="local-sgd.wang-joshi", **settings, problem=problem, problem_options=same))
    claims.append(
        Claim(theorem="local-sgd.wang-joshi-mixing", **settings, graph="ring", problem="quadratic", problem_options=same)
    )
    return claims


def real(iterations: int) -> list[Claim]:
    """Return claims on real data, with minibatch noise and constants certified for the data."""
    label: dict[str, Option] = {"split": "label", "batch": 8}
    ring: dict[str, Any] = {"graph": "ring", "nodes": 8, "iterations": iterations, "budget": 64}
    return [
        Claim(theorem="ours.p2", system="dpsgd", problem="logistic-breast-cancer", problem_options=label, **ring),
        Claim(theorem="ours.p1", system="sgd", problem="logistic-breast-cancer", problem_options={"batch": 4}, **ring),
        Claim(
            theorem="ours.p3",
            system="local-sgd",
            problem="logistic-digits",
            problem_options={"batch": 16},
            options={"period": 4},
            **(ring | {"graph": "complete"}),
        ),
        Claim(
            theorem="ours.p4-doubly",
            system="sgp",
            problem="logistic-digits",
            problem_options={"batch": 16, "split": "dirichlet"},
            **(ring | {"graph": "one-peer-exponential"}),
        ),
    ]
