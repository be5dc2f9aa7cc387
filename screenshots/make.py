"""Take the pictures of the README from the demo.

    python screenshots/make.py

Writes batches.svg, retry.svg, results.svg, diff.svg and stats.svg beside this file.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.cli.demo import prepared
from batchtui.cli.options import Given
from batchtui.composition import check_key
from batchtui.tui.app import BatchtuiApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

HERE = Path(__file__).parent
SIZE = (130, 34)


async def take(app: BatchtuiApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "j", "j")
        save(app, "batches")
        await press(pilot, "r")
        save(app, "retry")
        await press(pilot, "escape", "enter", "e", "t")
        save(app, "results")
        await press(pilot, "1", "g", *"jjjj", "space", "j", "space", "d", "G")
        save(app, "diff")
        await press(pilot, "6")
        save(app, "stats")


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.8)


def save(app: BatchtuiApp, name: str) -> None:
    # The pictures load nothing from elsewhere: a reader's own fixed-width font will do.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(title="batchtui"), flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


def main() -> None:
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    with prepared(Given(), duration_seconds=600) as (desk, config):
        desk.wait(take(BatchtuiApp(desk.bench, config, partial(check_key, config))))


if __name__ == "__main__":
    main()
