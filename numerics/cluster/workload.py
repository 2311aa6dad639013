"""Workloads: what a training run asks of a cluster, in a TOML file.

A file has these sections; everything in brackets has a default::

    title = "..."                      [""]
    [gradient]                         one gradient of one worker
    samples = 128                      samples it uses [1]
    unit = "images"                    what a sample is ["samples"]
    parameters = 25559081              size of the model ...
    dtype = "float32"                  ... and of a parameter ["float32"]
    bytes = 102236324                  or instead the size of a message

    [compute]                          seconds of one gradient: kind and its parameters
    kind = "constant"                  seconds
    kind = "shifted-exponential"       shift and rate, or shift and mean (shift included)
    kind = "lognormal"                 mu, s, [shift] or mean, std, [shift]
    kind = "pareto"                    minimum, shape
    kind = "empirical"                 sample = [0.41, 0.40, ...]

    [[imbalance]]                      any number of these, applied in order [none]
    kind = "slow-workers"              factors = {3 = 2.0}
    kind = "injected-delays"           count, seconds
    kind = "markov"                    p_slow, p_recover, factor

    [network]                          the parameters of `Network` [free of cost]
    latency, bandwidth, reduction, workers_per_node, inner_latency, inner_bandwidth, shared_capacity, interference

    [training]
    period = 10                        iterations between global averages, tau [1]
    group = "sqrt"                     size S of WAGMA-SGD's groups, or a whole number ["sqrt"]
    barrier = "global"                 whom D-PSGD and SGP wait for: "global" or "neighbour" ["neighbour"]
    allreduce = "ring"                 algorithm of the all-reduce ["rabenseifner"]
    peers = 1                          messages per round of SGP [1]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numerics.cluster import collectives, sections
from numerics.cluster.cluster import Cluster
from numerics.cluster.compute import Constant, Distribution, Empirical, LogNormal, Pareto, ShiftedExponential
from numerics.cluster.network import FREE, Network, message_bytes
from numerics.cluster.stragglers import InjectedDelays, MarkovStragglers, SlowWorkers, Straggling
from straggler import InputError, UnknownName, at_least, positive

FOLDER = Path(__file__).parent / "workloads"
NAMES = ("ddppo-navigation", "resnet50-64", "transformer-wmt")
"""Workloads that ship with the package."""

COMPUTE: dict[str, Sequence[Callable[..., Distribution]]] = {
    Constant.kind: (Constant,),
    ShiftedExponential.kind: (ShiftedExponential, ShiftedExponential.from_mean),
    LogNormal.kind: (LogNormal, LogNormal.from_moments),
    Pareto.kind: (Pareto,),
    Empirical.kind: (Empirical,),
}
IMBALANCE: dict[str, Sequence[Callable[..., Straggling]]] = {
    SlowWorkers.kind: (SlowWorkers,),
    InjectedDelays.kind: (InjectedDelays,),
    MarkovStragglers.kind: (MarkovStragglers,),
}
BARRIERS = ("global", "neighbour")
CHANGEABLE = ("gradient", "compute", "network", "training")
"""Sections whose values can be replaced when a workload is loaded."""


@dataclass(frozen=True)
class Gradient:
    """One gradient of one worker: how many samples of which unit it uses, and how many bytes it has.

    ``parameters``, the number of its coordinates, is that of `of_model`, or what the bytes amount to in single precision.
    """

    bytes: float
    samples: float = 1.0
    unit: str = "samples"
    parameters: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        positive("bytes", self.bytes, zero_ok=True)
        positive("samples", self.samples)
        object.__setattr__(self, "parameters", math.ceil(self.bytes / 4))

    @classmethod
    def of_model(cls, parameters: int, dtype: str = "float32", samples: float = 1.0, unit: str = "samples") -> Gradient:
        """Return the gradient of a model with so many parameters."""
        made = cls(message_bytes(parameters, dtype), samples, unit)
        object.__setattr__(made, "parameters", parameters)
        return made


@dataclass(frozen=True)
class Training:
    """How often and with whom workers average; see the module for the meaning of the fields."""

    period: int = 1
    group: int | str = "sqrt"
    barrier: str = "neighbour"
    allreduce: str = "rabenseifner"
    peers: int = 1

    def __post_init__(self) -> None:
        at_least("period", self.period, 1)
        at_least("peers", self.peers, 1)
        if isinstance(self.group, str):
            if self.group != "sqrt":
                raise InputError("group", self.group, 'a whole number >= 1, or "sqrt"')
        else:
            at_least("group", self.group, 1)
        if self.barrier not in BARRIERS:
            raise InputError("barrier", self.barrier, '"global" or "neighbour"')
        if self.allreduce not in collectives.NAMES:
            raise UnknownName("all-reduce", self.allreduce, collectives.NAMES)


@dataclass(frozen=True)
class Workload:
    """What a training run asks of a cluster of any size.

    Parameters
    ----------
    name
        Name, or path of the file.
    title
        One line that says what it is.
    gradient, compute, imbalance, network, training
        See the module.
    """

    name: str
    title: str
    gradient: Gradient
    compute: Distribution
    imbalance: tuple[Straggling, ...] = ()
    network: Network = FREE
    training: Training = Training()

    def cluster(self, workers: int) -> Cluster:
        """Return the cluster of this many workers; InputError if the imbalance asks for more."""
        size, samples = self.gradient.bytes, self.gradient.samples
        return Cluster(workers, self.compute, self.imbalance, self.network, size, samples)

    def group_size(self, workers: int) -> int:
        """Return the size S of the groups on P workers; "sqrt" is the largest power of two that is at most the root of P.

        Raises
        ------
        InputError
            If S does not divide P.
        """
        group, root = self.training.group, math.isqrt(at_least("workers", workers, 1))
        size = 1 << (root.bit_length() - 1) if isinstance(group, str) else group
        if workers % size:
            raise InputError("group", group, f"a divisor of the {workers} workers")
        return size

    def provenance(self) -> dict[str, Any]:
        """Return everything in the file, ready for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "gradient": vars(self.gradient).copy(),
            "compute": self.compute.provenance(),
            "imbalance": [modifier.provenance() for modifier in self.imbalance],
            "network": self.network.provenance(),
            "training": vars(self.training).copy(),
        }


def load(name: str | Path, changes: Mapping[str, object] | None = None) -> Workload:
    """Return the workload of this name, one of `NAMES`, or the one in the TOML file of this path.

    Parameters
    ----------
    name
        Name or path.
    changes
        Values to put in place of those in the file, by section and key as in ``{"network.bandwidth": 1e10}``; checked as if
        they stood there.

    Raises
    ------
    UnknownName
        For a name that is neither, a key, kind or dtype that is not known.
    InputError
        For a file that is not there or not TOML; for a value, with file, section, key and what is admissible.
    """
    path = FOLDER / f"{name}.toml" if name in NAMES else Path(name)
    if not path.is_file():
        if path.suffix.lower() == ".toml":
            raise InputError("workload file", str(name), "an existing file")
        raise UnknownName("workload", str(name), NAMES)
    content = sections.read(path)
    for place, value in (changes or {}).items():
        section, dot, key = place.partition(".")
        if not dot or section not in CHANGEABLE:
            raise UnknownName("section", section, CHANGEABLE)
        table = content.setdefault(section, {})
        if isinstance(table, dict):  # what is no section is refused below, in the words for a file
            table[key] = value
    return parse(content, str(name))


def parse(content: dict[str, Any], name: str) -> Workload:
    """Return the workload that a TOML document describes; ``name`` is where it came from. Errors as in `load`."""
    known = ("title", "gradient", "compute", "imbalance", "network", "training")
    for key in content:
        if key not in known:
            raise UnknownName(f"key in {name}", key, known)
    for key in ("gradient", "compute"):
        if key not in content:
            raise InputError(f"sections of {name}", sorted(content), f"a section [{key}]")
    title, imbalance = content.get("title", ""), content.get("imbalance", [])
    if not isinstance(title, str):
        raise InputError(f"{name} title", title, sections.TEXT)
    if not isinstance(imbalance, list):
        raise InputError(f"{name} imbalance", imbalance, "sections written [[imbalance]]")
    return Workload(
        name,
        title,
        sections.make(f"{name} [gradient]", content["gradient"], Gradient, Gradient.of_model),
        sections.kind(f"{name} [compute]", content["compute"], COMPUTE, "compute time"),
        tuple(sections.kind(f"{name} [[imbalance]]", table, IMBALANCE, "imbalance") for table in imbalance),
        sections.make(f"{name} [network]", content.get("network", {}), Network),
        sections.make(f"{name} [training]", content.get("training", {}), Training),
    )
