import re

import pytest

from numerics.algorithms import REGISTRY


@pytest.mark.parametrize("system", REGISTRY)
def test_every_system_can_be_cited_with_the_toolkit(cli, system):
    shown = cli("cite", system)
    assert shown.status == 0
    assert re.findall(r"^@\w+\{(.+),$", shown.out, re.MULTILINE) == [*REGISTRY[system].references, "straggler"]
    assert shown.out.count("{") == shown.out.count("}")


def test_entries_appear_once(cli):
    shown = cli("cite", "sgp", "osgp", "dpsgd")
    assert re.findall(r"^@\w+\{(.+),$", shown.out, re.MULTILINE) == ["assran-2019", "lian-2017", "straggler"]


@pytest.mark.parametrize(("words", "line"), [(["sgpp"], "unknown system 'sgpp'; did you mean sgp"), ([], "Missing argument")])
def test_bad_input(cli, words, line):
    refused = cli("cite", *words)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
