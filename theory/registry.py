"""Theorems by key.

Listing reads cards only; a paper's module (and sympy with it) is imported when one of its theorems is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from straggler import InputError, UnknownName
from theory.card import Card
from theory.catalogue import CARDS

if TYPE_CHECKING:
    from theory.theorem import Theorem

_LISTED_BY = "straggler theorems"
_STANDINGS = ("printed", "rederived", "corrected", "ours")
_extra: dict[str, Theorem] = {}


def cards() -> tuple[Card, ...]:
    """Return the cards of all theorems, in the order of their papers; needs no sympy."""
    return (*CARDS.values(), *(theorem.card for theorem in _extra.values()))


def keys() -> tuple[str, ...]:
    """Return the keys of all theorems."""
    return tuple(card.key for card in cards())


def resolve(key: str) -> str:
    """Return the full key for a key with or without its standing; without, the printed one where several exist.

    Raises
    ------
    UnknownName
        No theorem has this key.
    """
    known = {card.key: card for card in cards()}
    if key in known:
        return key
    base, _, standing = key.partition(":")
    if standing:
        if base in known and known[base].standing == standing:
            return base
        raise UnknownName("theorem", key, known, _LISTED_BY)
    for candidate in _STANDINGS:
        if f"{base}:{candidate}" in known:
            return f"{base}:{candidate}"
    raise UnknownName("theorem", key, known, _LISTED_BY)


def card(key: str) -> Card:
    """Return the card of a theorem, without importing its paper; raise `UnknownName` for an unknown key."""
    full = resolve(key)
    return _extra[full].card if full in _extra else CARDS[full]


def get(key: str) -> Theorem:
    """Return a theorem, importing its paper where needed; raise `UnknownName` for an unknown key."""
    full = resolve(key)
    if full in _extra:
        return _extra[full]
    found = CARDS[full]
    module = importlib.import_module(f"theory.papers.{found.module}")
    theorem: Theorem = getattr(module, found.attribute)
    return theorem


def register(theorem: Theorem) -> Theorem:
    """Enter a theorem of your own under its key and return it; a key that is taken is an `InputError`."""
    if theorem.key in keys():
        raise InputError("theorem key", theorem.key, "a key that is not registered yet")
    _extra[theorem.key] = theorem
    return theorem


def registered() -> tuple[Theorem, ...]:
    """Return the theorems entered with `register`, in order."""
    return tuple(_extra.values())


def search(text: str) -> tuple[str, ...]:
    """Return the keys of theorems whose card mentions every word of ``text``: key, title, source, systems, standing."""
    words = text.lower().split()
    found = []
    for entry in cards():
        shown = " ".join((entry.key, entry.title, str(entry.source), *entry.systems, entry.standing)).lower()
        if all(word in shown for word in words):
            found.append(entry.key)
    return tuple(found)


def for_system(system: str) -> tuple[str, ...]:
    """Return the keys of theorems about a system, such as ``dpsgd``."""
    return tuple(entry.key for entry in cards() if system in entry.systems)
