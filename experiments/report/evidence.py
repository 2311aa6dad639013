"""One row of an evidence table: a claim in words, its numbers, its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from experiments.claims import STEEPNESS
from experiments.report import prose
from experiments.report.numbers import MISSING, number, short, whole

if TYPE_CHECKING:
    from experiments.claims import Option
    from experiments.verify import Outcome

_SYMBOLS = {"dim": "d", "smoothness": "L", "sigma": "σ", "zeta": "ζ", "period": "τ", "overlap": "τ"}


@dataclass(frozen=True)
class Row:
    """An outcome, cell by cell."""

    outcome: Outcome

    @property
    def problem(self) -> str:
        """The problem."""
        return self.outcome.claim.problem

    @property
    def problem_options(self) -> Markup:
        """The options of the problem."""
        return options(self.outcome.claim.problem_options)

    @property
    def graph(self) -> str:
        """The graph, with its weights where they were chosen; algorithms that average exactly have none."""
        claim = self.outcome.claim
        return f"{claim.graph}, {claim.weights} weights" if claim.weights else claim.graph

    @property
    def system(self) -> Markup:
        """The algorithm and its options."""
        claim = self.outcome.claim
        shown = options(claim.options)
        return escape(claim.system) + Markup(f" ({shown})") if shown else escape(claim.system)

    @property
    def nodes(self) -> Markup:
        """The number of workers."""
        return whole(self.outcome.claim.nodes)

    @property
    def iterations(self) -> Markup:
        """The number of iterations."""
        return whole(self.outcome.claim.iterations)

    @property
    def gamma(self) -> Markup:
        """The step size."""
        return short(self.outcome.finding.gamma)

    @property
    def step(self) -> str:
        """Where the step size comes from."""
        from theory import registry

        step = self.outcome.claim.step
        if step in STEEPNESS:
            return f"the first of {STEEPNESS[str(step)]:.0f}/(mu (k + k_0))"
        if step == "prescribed":
            return "prescribed"
        limited = registry.get(self.outcome.finding.theorem).limits_step
        return f"{step:.3g} of the largest" if limited else "chosen"

    @property
    def measured(self) -> Markup:
        """The Monte-Carlo mean."""
        return number(self.outcome.finding.measured)

    @property
    def interval(self) -> Markup:
        """The interval that settled the claim; empty where every run had to obey, or none was made."""
        ends = self.outcome.finding.measured_ci
        if ends is None or ends[0] == ends[1]:
            return Markup()
        return Markup("[{}, {}]").format(number(ends[0]), number(ends[1]))

    @property
    def exact(self) -> Markup:
        """The value by exact second moments, and the certified worst case where there is one."""
        finding = self.outcome.finding
        if finding.worst_case is not None:
            exact = Markup("{} ").format(number(finding.exact)) if finding.exact is not None else Markup()
            return exact + Markup("(worst case {})").format(number(finding.worst_case))
        return number(finding.exact)

    @property
    def bound(self) -> Markup:
        """The bound; of an inapplicable theorem it says nothing about the run."""
        return number(self.outcome.finding.bound)

    @property
    def ratio(self) -> Markup:
        """Bound over measured; a dash where the bound was not tested."""
        finding = self.outcome.finding
        return MISSING if self.outcome.evidence is None or finding.verdict == "inapplicable" else number(finding.factor, 3)

    @property
    def verdict(self) -> str:
        """The verdict."""
        return self.outcome.finding.verdict

    @property
    def reason(self) -> Markup:
        """Why the verdict is what it is."""
        return prose.sentence(self.outcome.finding.reason)

    @property
    def replicas(self) -> Markup:
        """The number of replicas."""
        return whole(self.outcome.finding.replicas)

    @property
    def summary(self) -> str:
        """The claim in one line of plain text, for legends and findings."""
        claim = self.outcome.claim
        weights = f", {claim.weights} weights" if claim.weights else ""
        chosen = "".join(f", {_SYMBOLS.get(name, name)} = {value}" for name, value in claim.options.items())
        return f"{claim.problem}, {claim.graph}{weights}, n = {claim.nodes}, K = {claim.iterations}{chosen}"

    def constant(self, name: str) -> Markup:
        """The value of a constant that the theorem asks for."""
        return short(self.outcome.constants.get(name))


def options(chosen: Mapping[str, Option]) -> Markup:
    """Return options as ``d = 10, σ = 1, noise = rademacher``."""
    shown = [
        Markup("{}\u00a0=\u00a0{}").format(
            _SYMBOLS.get(name, name.replace("_", " ")),
            short(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value),
        )
        for name, value in chosen.items()
    ]
    return Markup(", ").join(shown)
