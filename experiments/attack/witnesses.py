"""Claims that refuted mutants before: where the next search begins. Only claims are kept; what they show is run again."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from experiments.claims import Claim


@cache
def stored(name: str) -> tuple[Claim, ...]:
    """Return the claims in a TOML file of this package."""
    text = files("experiments.attack").joinpath(name).read_text(encoding="utf-8")
    return tuple(Claim(**fields) for fields in tomllib.loads(text).get("claim", []))


def of(key: str) -> list[Claim]:
    """Return the claims kept for a theorem."""
    return [claim for claim in kept() if claim.theorem == key]


def kept() -> tuple[Claim, ...]:
    """Return all claims kept."""
    return stored("witnesses.toml")


def written(claims: Iterable[Claim]) -> str:
    """Return claims as TOML, which `of` reads."""
    return "\n".join(_table(claim.model_dump(exclude_defaults=True)) for claim in claims)


def _table(fields: Mapping[str, Any]) -> str:
    return "\n".join(["[[claim]]", *(f"{name} = {_value(value)}" for name, value in fields.items())]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(item)}" for name, item in value.items()) + " }" if value else "{}"
    return json.dumps(value)
