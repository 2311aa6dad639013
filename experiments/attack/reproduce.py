"""What a search found, in words and as Python that finds it again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.attack.probe import WORST, Probe
from experiments.report.reproduce import assignment
from experiments.sequential import FIRST_LOOK
from experiments.verify import FAMILY_LEVEL

if TYPE_CHECKING:
    from experiments.attack.confirm import Confirmation
    from experiments.attack.search import Attack

SHOWN = ("L", "sigma", "zeta", "delta", "M", "rho", "T", "tau", "batch", "mu")
"""Constants that a setting is described by, where the theorem asks for them."""


TOLD = (FIRST_LOOK, FAMILY_LEVEL)
"""Replicas and level that need not be said."""


def snippet(found: Confirmation) -> str:
    """Return Python that evaluates a probe again and prints its numbers, the same on the same machine."""
    from theory import registry

    told = f", replicas={found.replicas}, alpha={found.alpha!r}" if (found.replicas, found.alpha) != TOLD else ""
    name = "worst" if found.probe.witness == WORST else "probe"
    yours = any(theorem.key == found.probe.claim.theorem for theorem in registry.registered())
    first = f"# register the theorem {found.probe.claim.theorem} first\n" if yours else ""
    return (
        f"{first}from experiments.attack.probe import {name}\n"
        "from experiments.claims import Claim\n\n"
        f"{assignment(found.probe.claim)}"
        f"found = {name}(claim{told})\n"
        "print(found.summary)\n"
    )


def verdict(attack: Attack) -> str:
    """Return what a search says about its theorem, in one line."""
    closest = attack.closest
    if closest is None:
        return f"nothing tried: no run was found that {attack.theorem} speaks about"
    if not attack.falsified:
        above = " (an estimate from above, which refutes nothing)" if closest.probe.lower == -math.inf else ""
        return f"not falsified: closest ratio {closest.ratio:.4g}{above}"
    known = " (known to be false as stated)" if attack.known_false else ""
    if closest.probe.bound == 0:
        return f"falsified: the left side is at least {closest.probe.lower:.4g} where the bound is 0{known}"
    return f"falsified by a factor {closest.probe.sure:.4g}{known}"


def where(found: Probe) -> str:
    """Return the setting of a probe in words: what runs on what, and the numbers the theorem asks for."""
    from theory import registry

    claim, c = found.claim, found.constants
    asked = registry.get(claim.theorem).constants
    told = {**claim.options, **claim.timeline_options, **claim.parameters}
    step = f"{claim.step:.4g}" if isinstance(claim.step, float) else claim.step
    problem = "the worst functions" if found.witness == WORST else f"{claim.problem}, d={int(c['d'])}"
    parts = [f"{claim.system} on {problem}", claim.graph, f"n={claim.nodes}", f"K={claim.iterations}"]
    parts += [f"step {step} (gamma={c['gamma']:.4g})"] + ([claim.timeline] if claim.timeline else [])
    parts += [f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in told.items()]
    parts += [f"{name}={c[name]:.4g}" for name in SHOWN if name in asked and name in c and name not in told]
    return ", ".join(parts)
