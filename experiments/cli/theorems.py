"""``straggler theorems``: list them, read one, or put numbers in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import number, print_json, print_table, table
from straggler import InputError, StragglerError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theory.card import Card
    from theory.optimal import BestStep
    from theory.theorem import Theorem


def theorems(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Key of a theorem, such as dpsgd.theorem-1.")] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A constant of the theorem, such as K=1e5.")
    ] = None,
    best_step: Annotated[
        bool, typer.Option("--best-step", help="Take the step size that minimises the bound, where KEY leaves it free.")
    ] = False,
    units: Annotated[
        bool, typer.Option("--units", help="List where statements add or compare unlike units, over all theorems or in KEY.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """List all theorems; with KEY show one, and with --set evaluate its step size, conditions and bound."""
    import theory

    if units:
        if constants or best_step:
            raise typer.BadParameter("--units goes with no --set and no --best-step: units need no numbers")
        _show_units(theory.keys() if key is None else (theory.resolve(key),), as_json)
        return
    if key is None:
        if constants or best_step:
            raise typer.BadParameter(f"{'--set' if constants else '--best-step'} needs the KEY of a theorem")
        if as_json:
            print_json({"theorems": [_listed(card) for card in theory.cards()]})
            return
        rows = [[card.key, card.title, str(card.source), card.standing] for card in theory.cards()]
        print_table(table(("key", "title", "source", "standing"), rows, whole=("key", "standing")))
        return
    theorem = theory.get(key)
    numbers = given_constants(constants)
    best = _best_step(theorem, numbers) if best_step else None
    found = described(theorem, numbers if best is None else numbers | {"gamma": best.step}) | {"best_step": _step(best)}
    if as_json:
        print_json(found)
        return
    from experiments.cli.statement import statement

    typer.echo(statement(theorem))
    if found["set"]:
        typer.echo(f"\nAt {', '.join(f'{name} = {value:g}' for name, value in found['set'].items())}\n")
        if best is not None:
            stops = f"stopped by {', '.join(best.binding)}" if best.binding else "where the bound turns"
            typer.echo(f"  {'best step':<13}{number(best.step)} ({best.path}; {stops})")
        for name, label in (("step_size", "step size"), ("largest_step", "largest step"), ("bound", "bound")):
            if found[name] is not None:
                typer.echo(f"  {label:<13}{number(found[name])}")
        if found["rate"] is not None and found["rate"]["linear_speedup_from_K"] is not None:
            typer.echo(f"  linear speed-up from K = {number(found['rate']['linear_speedup_from_K'])} on")
        rows = [[check["text"], "yes" if check["holds"] else "no", number(check["factor"])] for check in found["conditions"]]
        print_table(table(("condition", "holds", "left side / right side"), rows, right=("left side / right side",)))


def _best_step(theorem: Theorem, numbers: dict[str, float]) -> BestStep:
    """Return the step that minimises the bound; what is missing besides it is named."""
    from theory.optimal import best_step

    if "gamma" in numbers:
        raise typer.BadParameter("--best-step looks for gamma: leave --set gamma out")
    if theorem.step is None:
        _complete(theorem, numbers | {"gamma": 1.0})
    return best_step(theorem, **numbers)


def _step(best: BestStep | None) -> dict[str, Any] | None:
    if best is None:
        return None
    shown = None if best.expression is None else str(best.expression)
    return vars(best) | {"expression": shown, "binding": list(best.binding)}


def _show_units(keys: Sequence[str], as_json: bool) -> None:
    """Print what was found, and in how many theorems; finding something is no failure."""
    import theory
    from theory.units import findings

    found = [finding for key in keys for finding in findings(theory.get(key))]
    if as_json:
        print_json({"theorems": len(keys), "unit_findings": [finding.as_dict() for finding in found]})
        return
    if found:
        rows = [[each.theorem, each.where, each.text, each.repair] for each in found]
        print_table(table(("theorem", "where", "what meets [units]", "what would repair it"), rows, whole=("theorem",)))
        typer.echo("units: f of the objective, x of the model, 1 none")
    concerned = len({each.theorem for each in found})
    typer.echo(f"theorems looked at: {len(keys)}; with units that do not match: {concerned}, in {len(found)} places")


def described(theorem: Theorem, numbers: dict[str, float]) -> dict[str, Any]:
    """Return everything about a theorem in plain values; bound, steps and conditions as numbers where there are any."""
    from theory.units import findings

    card = theorem.card
    found: dict[str, Any] = _listed(card) | {
        "standing_note": card.standing_note,
        "provenance": {"tag": card.provenance.tag, "confidence": card.provenance.confidence},
        "latex": theorem.latex(),
        "quantity": theorem.quantity.name,
        "assumptions": [assumption.text for assumption in theorem.assumptions],
        "constants": list(theorem.constants),
        "rate": _rate(theorem, numbers),
        "unit_findings": [finding.as_dict() for finding in findings(theorem)],
        "set": numbers,
    }
    if not numbers:
        checks = [{"text": condition.text, "holds": None, "factor": None} for condition in theorem.conditions()]
        return found | {"step_size": None, "largest_step": None, "bound": None, "conditions": checks}
    _complete(theorem, numbers)
    return found | {
        "step_size": theorem.step_size(**numbers),
        "largest_step": theorem.largest_step(**numbers),
        "bound": theorem.bound(**numbers),
        "conditions": [
            {"text": check.text, "holds": check.holds, "factor": check.factor} for check in theorem.conditions(**numbers)
        ],
    }


def _rate(theorem: Theorem, numbers: dict[str, float]) -> dict[str, Any] | None:
    """Return the leading order in K, its exponents, and from which K on the speed-up is linear; None where there is no order."""
    rate = theorem.rate()
    # K itself is what is looked for, and a free step is the one of the rate
    rest = {name: value for name, value in numbers.items() if name not in ("K", "gamma")}
    needed = set(theorem.constants) - {"K", "gamma"}
    speedup = theorem.linear_speedup(**rest) if rest and needed <= set(rest) else theorem.linear_speedup()
    if rate is None or speedup is None:
        return None
    return {
        "leading": str(rate.leading),
        "exponents": {name: float(value) for name, value in rate.exponents.items()},
        "step": None if rate.step is None else str(rate.step),
        "linear_speedup": speedup.holds,
        "linear_speedup_from_K": speedup.from_K,
    }


def _listed(card: Card) -> dict[str, Any]:
    return {
        "key": card.key,
        "title": card.title,
        "source": str(card.source),
        "standing": card.standing,
        "systems": list(card.systems),
    }


def given_constants(items: list[str] | None) -> dict[str, float]:
    """Return the constants given with --set; names are those of the table of symbols."""
    given = options.assignments("--set", items)
    if not given:
        return {}
    from theory.symbols import TABLE

    for name in given:
        if name not in TABLE:
            raise UnknownName("constant", name, TABLE)
    return {name: float(TABLE[name].checked(_real(name, text))) for name, text in given.items()}


def _real(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--set {name}", text, "a number") from None


def _complete(theorem: Theorem, numbers: dict[str, float]) -> None:
    """Refuse to evaluate while constants are missing, and name them all."""
    from theory.symbols import TABLE

    either = {"q", "one_minus_q"}
    given = set(numbers) | (either if either & set(numbers) else set())
    missing = [f"{name} ({TABLE[name].meaning})" for name in theorem.constants if name not in given]
    if missing:
        raise StragglerError(f"{theorem.key} also needs --set {', '.join(missing)}")
