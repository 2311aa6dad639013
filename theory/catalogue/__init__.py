"""The cards of all theorems, one file per paper, readable without sympy."""

from __future__ import annotations

from theory.card import Card
from theory.catalogue import (
    adpsgd,
    apsgd,
    compression,
    dpsgd,
    eager,
    easgd,
    elastic,
    elastic_systems,
    koloskova,
    local_sgd,
    lsgd,
    osgp,
    sgd,
    sgp,
    wagma,
)

CARDS: dict[str, Card] = {
    card.key: card
    for cards in (
        sgd.CARDS,
        dpsgd.CARDS,
        sgp.CARDS,
        osgp.CARDS,
        local_sgd.CARDS,
        koloskova.CARDS,
        adpsgd.CARDS,
        apsgd.CARDS,
        lsgd.CARDS,
        easgd.CARDS,
        wagma.CARDS,
        eager.CARDS,
        elastic.CARDS,
        elastic_systems.CARDS,
        compression.CARDS,
    )
    for card in cards
}
