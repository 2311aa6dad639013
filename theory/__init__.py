"""What is proved: theorems as objects.

``theory.get("sgp.theorem-1")`` returns one by key; ``from theory.papers import sgp`` gives ``sgp.theorem_1``.
Importing this package does not import sympy.
"""

from theory.references import bibtex
from theory.registry import cards, for_system, get, keys, register, resolve, search

__all__ = ["bibtex", "cards", "for_system", "get", "keys", "register", "resolve", "search"]
