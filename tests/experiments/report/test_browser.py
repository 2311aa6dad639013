"""The page in a real browser, where one is installed."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
PROBE = """
<script>
addEventListener("load", () => {
  const size = node => { const box = node.getBoundingClientRect(); return Math.min(box.width, box.height); };
  const shown = [...document.querySelectorAll("math")].filter(node => !node.closest("details:not([open])"));
  const report = {
    formulas: shown.length,
    smallest: Math.min(...shown.map(size)),
    drawings: Math.min(...[...document.querySelectorAll("figure > svg")].map(size)),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    fractions: [...document.querySelectorAll(".claim mfrac")].every(node => size(node) > 10),
  };
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(report);
  document.body.append(out);
});
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
@pytest.mark.parametrize("width", [1200, 500])
def test_opens_without_errors_and_lays_out_its_formulas(page: Path, tmp_path: Path, width: int) -> None:
    probed = tmp_path / "probed.html"
    probed.write_text(page.read_text(encoding="utf-8").replace("</body>", PROBE), encoding="utf-8")
    quiet = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    done = subprocess.run(
        [
            str(BROWSER),
            *("--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={tmp_path / 'profile'}"),
            *("--enable-logging=stderr", "--v=0", f"--window-size={width},2000", "--dump-dom", probed.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert "CONSOLE" not in done.stderr
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    probe = json.loads(unescape(found[1]))
    assert probe["formulas"] > 200
    assert probe["smallest"] > 0
    assert probe["drawings"] > 100
    assert probe["fractions"]
    assert probe["overflow"] <= 0, "the page scrolls sideways"
