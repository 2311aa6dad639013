"""A run of the command line inside the test process."""

import json
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run `straggler` with the given words in an empty folder."""
    from experiments.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Result:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Result(status, out, err)

    return run
