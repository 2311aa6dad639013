"""How long the command line takes to answer, in seconds of a whole process, against starting Python with numpy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_commands_answer(benchmark, report, paired) -> None:
    command = str(Path(sys.executable).with_name("straggler"))
    bare = lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True)  # noqa: E731
    for arguments in (("--help",), ("theorems",)):
        call = lambda arguments=arguments: subprocess.run([command, *arguments], check=True, capture_output=True)  # noqa: E731
        ratio, mine, _ = paired(call, bare, rounds=5)
        report(f"straggler {' '.join(arguments)}", mine, 0.6, "s", f"{ratio:.1f} x starting Python with numpy")
    benchmark.pedantic(call, rounds=1)
