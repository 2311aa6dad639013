"""The cards of all theorems, one file per paper, readable without sympy."""

from __future__ import annotations

from theory.card import Card
from theory.catalogue import dpsgd, koloskova, local_sgd, osgp, sgd, sgp

CARDS: dict[str, Card] = {
    card.key: card
    for cards in (sgd.CARDS, dpsgd.CARDS, sgp.CARDS, osgp.CARDS, local_sgd.CARDS, koloskova.CARDS)
    for card in cards
}
