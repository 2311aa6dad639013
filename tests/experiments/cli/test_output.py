"""Tables on terminals that are too narrow for them."""

import pytest
from rich.console import Console

from experiments.cli import output


@pytest.mark.parametrize("width", [30, 60, 120])
def test_numbers_and_names_are_whole_on_every_terminal(width, monkeypatch, capsys):
    monkeypatch.setattr(output, "console", lambda: Console(width=width, highlight=False))
    numbers = ["1.072e+08", "2.689e+05", "0.001197"]
    names = ("first long name", "second [units]", "third")
    row = ["dpsgd.corollary-2:rederived", *numbers, "words that may be folded where there is no room"]
    output.print_table(output.table(("theorem", *names, "where"), [row], right=names, whole=("theorem",)))
    shown = capsys.readouterr().out
    for text in (*row[:4], *names):
        assert text in shown
    assert len(shown.splitlines()) >= (7 if width < 120 else 4)
