"""What a static graph cannot see: which modules are loaded by the time the first screen is painted."""

import json
import subprocess
import sys
from pathlib import Path

from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from tests.tui.conftest import failed_job

SLOW = (
    *("anthropic", "keyring", "genai_prices", "sqlite_utils", "pydantic", "httpx2", "starlette", "uvicorn"),
    *("jinja2", "yaml", "jsonschema", "pyarrow"),
)

SCRIPT = """
import json, sys
from batchtui.cli.app import cli
from batchtui.cli.options import Given
from batchtui.composition import workbench
from batchtui.tui.app import BatchtuiApp
from textual.screen import Screen
import asyncio

home, slow = sys.argv[1], sys.argv[2:]
given = Given(home=home, base_url="http://127.0.0.1:9")
config = given.config()
bench = workbench(given.places(), config)

async def check_key(key): ...

class Probe(BatchtuiApp):
    def _begin(self):
        # What is always running begins after the first paint; so this is the last moment before it.
        lines = [strip.text for strip in self.screen._compositor.render_strips()]
        print(json.dumps({"loaded": [name for name in slow if name in sys.modules], "shown": lines}))
        self.exit()

async def main():
    app = Probe(bench, config, check_key)
    async with app.run_test(size=(80, 24)) as pilot:
        while app.is_running:
            await pilot.pause(0.02)

asyncio.run(main())
"""


async def test_the_first_paint_loads_nothing_slow(bench: Workbench, server: Served, tmp_path: Path) -> None:
    await failed_job(bench, server)
    done = subprocess.run(  # noqa: ASYNC221 - there is nothing else to do meanwhile
        [sys.executable, "-c", SCRIPT, str(tmp_path / "home"), *SLOW], capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout.splitlines()[0])
    assert any("rivers" in line for line in seen["shown"])
    assert seen["loaded"] == []


def test_what_the_screens_show_is_worked_out_without_textual() -> None:
    modules = "batches, compose, data, details, notices, questions, empty, header, listing, reasons, results"
    script = f"import sys; from batchtui.tui.present import {modules}; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
