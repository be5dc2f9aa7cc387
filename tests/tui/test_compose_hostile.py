"""Text from outside on the compose screen: templates, data, file names, and what is typed or pasted."""

import json
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from batchtui.paths import Places
from batchtui.services.recent import DataChoice, Used
from batchtui.services.workbench import Workbench
from batchtui.tui.screens.compose import ComposeScreen
from batchtui.tui.screens.data_picker import DataPicker
from tests.tui.conftest import NARROW, WIDE, make_app, until, until_shown
from tests.tui.screen_text import HOSTILE, uneven_lines, unsafe_characters

ALL = [text[:300] for text in HOSTILE.values()]
TEXTS = [" ".join(ALL[first::4]) for first in range(4)]

TEMPLATE = """\
description: {description}
params:
  model: claude-haiku-5-5
  max_tokens: 64
  system: {description}
  messages: [{{role: user, content: "{{{{ text }}}}"}}]
"""


def hostile_home(bench: Workbench, places: Places, tmp_path: Path) -> None:
    """Fill a home with templates whose texts are hostile, and data whose names, columns and values are."""
    places.templates.mkdir(parents=True)
    for number, text in enumerate(TEXTS):
        path = places.templates / f"t{number:02}.yaml"
        quoted = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
        path.write_text(TEMPLATE.format(description=quoted), encoding="utf-8")
    (places.templates / "zz-raw.yaml").write_bytes("\x1b[2J\x9b]0;x\x07 \u202e [/foo] {{".encode())
    (places.templates / "zz-\x1b]0;owned\x07[b +.yaml").write_text("params: {}")
    rows = [{"text": text.encode("utf-8", "replace").decode(), "[/foo]\x1b[2J": 1} for text in TEXTS]
    data = tmp_path / "rows [bold]\x1b]0;owned\x07.json"
    data.write_text(json.dumps(rows))
    for number in range(len(TEXTS)):
        choice = DataChoice(str(data), where="'[/foo]' != ''", values={"a": "\x1b[2J[/b]"})
        bench.recent_data.remember(Used(f"t{number:02}", choice))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_over_templates_rows_views_and_dialogs(
    bench: Workbench, places: Places, tmp_path: Path, size: tuple[int, int]
) -> None:
    hostile_home(bench, places, tmp_path)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "row 1 of")
        screen = app.screen
        assert isinstance(screen, ComposeScreen)

        def assert_harmless(what: str) -> None:
            assert unsafe_characters(app) == set(), what
            # A dialog may cut a joined emoji below it in two, which then counts as other cells than before.
            assert len(app.screen_stack) > 1 or uneven_lines(app) == [], what

        for row in range(1, len(TEXTS) + 1):
            screen._composing.take_row(row)
            await until_shown(pilot, f"row {row} of")
            assert_harmless(f"row {row}")
        for number in range(len(app.session.composing.drafts)):
            await pilot.press("enter")
            await pilot.pause()
            assert_harmless(f"template {number}")
            await pilot.press("escape", "down")
        await pilot.press("g")
        await until_shown(pilot, "row ")
        for key in ("t", "d", "y", "e", "b", "z"):
            await pilot.press(key)
            await pilot.pause()
            assert_harmless(key)
            while len(app.screen_stack) > 1 or isinstance(app.focused, Input):
                await pilot.press("escape")


async def test_what_cannot_be_edited_here_stays_as_it_is(bench: Workbench, places: Places) -> None:
    places.templates.mkdir(parents=True)
    raw = "params: # \u202e\r\nmixed:\n\x1b[2J".encode()
    path = places.templates / "raw.yaml"
    path.write_bytes(raw)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "raw your own")
        await pilot.press("enter", "x", "enter", "escape")
        assert app.session.unsaved == []
        assert unsafe_characters(app) == set()
    assert path.read_bytes() == raw


async def test_what_is_pasted_is_clean(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "shipped: saving makes a copy")
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await pilot.press("enter")
        await until(pilot, lambda: screen.editor.has_focus)
        for text in TEXTS:
            screen.editor.post_message(Paste(text))
            await pilot.pause()
            assert unsafe_characters(app) == set()
            assert uneven_lines(app) == []
        await pilot.press("escape", "d")
        await until(pilot, lambda: isinstance(app.screen, DataPicker))
        app.screen.query_one(Input).post_message(Paste("\x1b[2J[/foo]"))
        await pilot.pause(0.3)
        assert unsafe_characters(app) == set()
