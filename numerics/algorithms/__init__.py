"""Algorithms: one file each, registered here by the name the command line uses.

A new algorithm is one file with a subclass of `Algorithm` and one line in `REGISTRY`.
"""

from __future__ import annotations

from dataclasses import fields

from numerics.algorithms.admm import ADMM
from numerics.algorithms.adpsgd import ADPSGD
from numerics.algorithms.adversarial_views import AdversarialViews, AsyncAdversarialViews
from numerics.algorithms.apsgd import APSGD
from numerics.algorithms.async_ef import AsyncEF
from numerics.algorithms.base import Algorithm, Rate, State, StepSize, worker_mean
from numerics.algorithms.compressed_messages import CompressedMessages
from numerics.algorithms.compressed_sgd import CompressedSGD
from numerics.algorithms.downpour import Downpour
from numerics.algorithms.dpsgd import DPSGD
from numerics.algorithms.eager import EagerSGD
from numerics.algorithms.eamsgd import EAMSGD, AsyncEAMSGD
from numerics.algorithms.easgd import EASGD
from numerics.algorithms.easgd_async import AsyncEASGD
from numerics.algorithms.ef_sgd import DEF, EFSGD
from numerics.algorithms.elastic_scheduling import ElasticScheduling
from numerics.algorithms.hogwild import Hogwild
from numerics.algorithms.invariants import InvariantError, check_invariants
from numerics.algorithms.lgd import LGD
from numerics.algorithms.local_sgd import LocalSGD
from numerics.algorithms.lsgd import LSGD, AsyncLSGD
from numerics.algorithms.mem_sgd import MemSGD
from numerics.algorithms.message_passing import MessagePassing
from numerics.algorithms.osgp import OSGP
from numerics.algorithms.sgd import SGD
from numerics.algorithms.sgp import SGP
from numerics.algorithms.wagma import WAGMA
from numerics.algorithms.wagma_sequential import SequentialWAGMA
from straggler import UnknownName

REGISTRY: dict[str, type[Algorithm]] = {
    cls.name: cls
    for cls in (
        SGD,
        DPSGD,
        SGP,
        OSGP,
        LocalSGD,
        APSGD,
        ADPSGD,
        EASGD,
        AsyncEASGD,
        EAMSGD,
        AsyncEAMSGD,
        Downpour,
        ADMM,
        Hogwild,
        LGD,
        LSGD,
        AsyncLSGD,
        WAGMA,
        SequentialWAGMA,
        EagerSGD,
        MessagePassing,
        ElasticScheduling,
        CompressedSGD,
        EFSGD,
        DEF,
        MemSGD,
        AsyncEF,
        CompressedMessages,
        AdversarialViews,
        AsyncAdversarialViews,
    )
}

__all__ = [
    "ADMM",
    "ADPSGD",
    "APSGD",
    "DEF",
    "DPSGD",
    "EAMSGD",
    "EASGD",
    "EFSGD",
    "LGD",
    "LSGD",
    "OSGP",
    "REGISTRY",
    "SGD",
    "SGP",
    "AdversarialViews",
    "Algorithm",
    "AsyncAdversarialViews",
    "AsyncEAMSGD",
    "AsyncEASGD",
    "AsyncEF",
    "AsyncLSGD",
    "CompressedMessages",
    "CompressedSGD",
    "Downpour",
    "ElasticScheduling",
    "Hogwild",
    "InvariantError",
    "LocalSGD",
    "MemSGD",
    "MessagePassing",
    "Rate",
    "State",
    "check_invariants",
    "get",
    "options",
    "worker_mean",
]


def options(name: str) -> tuple[str, ...]:
    """Return the option names of a registered algorithm, besides its step size."""
    if name not in REGISTRY:
        raise UnknownName("system", name, REGISTRY)
    return tuple(f.name for f in fields(REGISTRY[name]) if f.name != "step_size")


def get(name: str, *, step_size: StepSize, **settings: object) -> Algorithm:
    """Return the registered algorithm ``name`` with this step size and its own options by name.

    Raises
    ------
    UnknownName
        If no algorithm or no option has that name.
    InputError
        If a value is outside its range.
    """
    known = options(name)
    for option in settings:
        if option not in known:
            raise UnknownName(f"option of {name}", option, known)
    return REGISTRY[name](step_size=step_size, **settings)  # type: ignore[arg-type]
