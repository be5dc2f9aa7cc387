"""`x` and `y` in the results room: files and the clipboard."""

import json
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from batchtui.domain.curl import curl_command
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui import clipboard
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.screens.export import ExportScreen
from batchtui.tui.screens.results import ResultsScreen
from batchtui.tui.widgets.dialogs import ConfirmScreen
from batchtui.tui.widgets.menu import MenuScreen
from tests.tui.conftest import NARROW, WIDE, failed_job, make_app, told, until, until_shown, until_told
from tests.tui.screen_text import screen_text, uneven_lines

SENT = "Sent the custom_id to the terminal's clipboard"


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    path = tmp_path / "here"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def results_screen(app: BatchtuiApp) -> ResultsScreen:
    assert isinstance(app.screen, ResultsScreen)
    return app.screen


def shown(app: BatchtuiApp) -> int:
    """Return how many rows the filter leaves."""
    found = results_screen(app).found
    return len(found.keys) if found is not None else 0


async def open_results(pilot: Pilot[Any]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResultsScreen))
    await until_shown(pilot, "[all 40]")


async def open_dialog(pilot: Pilot[Any]) -> ExportScreen:
    await pilot.press("x")
    await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    return screen


def field(app: BatchtuiApp) -> Input:
    return app.screen.query_one("#path", Input)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_is_shown_is_written(
    bench: Workbench, server: Served, size: tuple[int, int], folder: Path
) -> None:
    sent = await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        await open_results(pilot)
        await open_dialog(pilot)
        await until_shown(pilot, "Export 40 rows shown", "The exact lines of the API", "rivers.jsonl", "esc cancel")
        assert uneven_lines(app) == []
        await pilot.press("enter")
        await until_told(pilot, "40 rows, ")
        assert f"written to {folder / 'rivers.jsonl'}" in told(app)
    lines = (folder / "rivers.jsonl").read_bytes().splitlines()
    exact = bench.store.files.results_path(sent.batches[0].id).read_bytes().splitlines()
    assert sorted(lines) == sorted(exact)
    assert [json.loads(line)["custom_id"] for line in lines] == [f"row-{number:04}" for number in range(40)]


async def test_filter_and_marks_decide(bench: Workbench, server: Served, folder: Path) -> None:
    sent = await failed_job(bench, server)
    failed = bench.store.batches.get(sent.batches[0].id).batch.counts.failed
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await open_results(pilot)
        await pilot.press("f", "f")
        await until_shown(pilot, f"[errored {failed}]")
        await until(pilot, lambda: shown(app) == failed)
        await open_dialog(pilot)
        await until_shown(pilot, f"Export {failed} rows shown")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await pilot.press("space", "down", "space")
        await open_dialog(pilot)
        await until_shown(pilot, "Export 2 marked rows")
        await pilot.press("right")
        await until_shown(pilot, "rivers.csv", "Keep spreadsheets from running text as formulas")
        await pilot.press("enter")
        await until_told(pilot, "2 rows, ")
    assert (folder / "rivers.csv").read_text().count('"errored"') == 2


async def test_every_field_is_reached_by_keys(bench: Workbench, server: Served, folder: Path) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        screen = await open_dialog(pilot)
        seen = []
        for _ in range(5):
            seen.append(screen.format.value)
            await pilot.press("right")
        assert seen == ["jsonl", "csv", "md", "parquet", "sqlite"]
        await pilot.press("left", "left", "left")
        await until_shown(pilot, "One file a row, in a new folder")
        assert field(app).value == "rivers.md"
        await pilot.press("tab", "tab", "space")
        assert screen.join.value
        await pilot.press("tab", "space")
        assert screen.each.value
        assert field(app).value == "rivers"
        await pilot.press("up", "up")
        assert field(app).has_focus
        await pilot.press("end", *"-all")
        await pilot.press("enter")
        await until_told(pilot, "40 rows, ")
    assert len(list((folder / "rivers-all").iterdir())) == 40
    assert "### Request" in (folder / "rivers-all" / "row-0000.md").read_text()


async def test_the_mouse_does_what_the_keys_do(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        screen = await open_dialog(pilot)
        line = "● jsonl  ○ csv  ○ md  ○ parquet  ○ sqlite"
        for name in ("parquet", "md", "sqlite", "jsonl", "csv"):
            await pilot.click("#format", offset=(1 + line.index(name), 0))
            assert screen.format.value == name
        assert screen.guard.value
        await pilot.click("#guard")
        assert not screen.guard.value
        await until_shown(pilot, "[ ] Keep spreadsheets")


async def test_a_typed_name_stays_when_the_format_changes(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        await open_dialog(pilot)
        field(app).value = "my-own.txt"
        await pilot.press("right")
        await until_shown(pilot, "A table")
        assert field(app).value == "my-own.txt"


async def test_what_speaks_against_a_place_is_said_there(bench: Workbench, server: Served, folder: Path) -> None:
    await failed_job(bench, server)
    (folder / "link").symlink_to(folder / "nothing")
    (folder / "taken").write_text("mine")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        screen = await open_dialog(pilot)
        for typed, answer in {
            "": "Give the name of a file.",
            ".": "that is a folder",
            "no/such": "there is no folder no",
            "link": "that is a link",
        }.items():
            field(app).value = typed
            await pilot.press("enter")
            await until_shown(pilot, answer)
            assert app.screen is screen
        field(app).value = "taken"
        await pilot.press("enter")
        await until_shown(pilot, "Overwrite the file?", "taken")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        assert (folder / "taken").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until_told(pilot, "40 rows, ")
    assert len((folder / "taken").read_bytes().splitlines()) == 40
    assert not (folder / "nothing").exists()


async def test_without_rows_there_is_nothing_to_export(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen))
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, ResultsScreen)


async def copied(pilot: Pilot[Any], key: str) -> str:
    """Copy by a key of the menu and return what the terminal was sent."""
    await pilot.press("y")
    await until(pilot, lambda: isinstance(pilot.app.screen, MenuScreen))
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ResultsScreen))
    await until_told(pilot, "to the terminal's clipboard")
    pilot.app.clear_notifications()
    return pilot.app.clipboard


async def test_a_row_is_copied_in_parts(bench: Workbench, server: Served) -> None:
    await failed_job(bench, server)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        row = results_screen(app).row
        assert row is not None
        assert await copied(pilot, "i") == "row-0000"
        assert json.loads(await copied(pilot, "j"))["custom_id"] == "row-0000"
        params = json.loads(await copied(pilot, "r"))
        assert params["messages"][0]["content"] == "Name river 0."
        assert await copied(pilot, "t") == (bench.reader.text(row) or row.facts.error_message)
        command = shlex.split(await copied(pilot, "c"))
        assert command[:2] == ["curl", f"{server.base_url}/v1/messages"]
        assert json.loads(command[-1]) == params
        assert "sk-ant" not in " ".join(command)
        await pilot.press("y")
        await until_shown(pilot, "a curl command, without the key")
        assert "data row" not in screen_text(app)


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("script", ['cat > "$0.got"', "exit 1", "exec sleep 60"])
async def test_copied_is_said_only_when_a_program_says_so(
    bench: Workbench, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    is_taken = script.startswith("cat")
    claim = f"{'Copied the custom_id' if is_taken else SENT}: row-0000"
    await failed_job(bench, server)
    monkeypatch.setattr(clipboard, "PATIENCE_SECONDS", 0.3)
    program(tmp_path / "xclip", f'printf "%s" "$*" > "$0.given"; env > "$0.env"; {script}')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await open_results(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, MenuScreen))
        await pilot.press("i")
        await until_told(pilot, claim)
        assert app.clipboard == ("" if is_taken else "row-0000")
    assert (tmp_path / "xclip.given").read_text() == "-selection clipboard"
    assert "sk-ant" not in (tmp_path / "xclip.env").read_text()
    if is_taken:
        assert (tmp_path / "xclip.got").read_text() == "row-0000"


def test_which_programs_reach_the_clipboard_one_looks_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pbcopy", "wl-copy", "xclip", "xsel"):
        program(tmp_path / name, "exit 0")
    path = {"PATH": str(tmp_path)}

    def names(**environ: str) -> list[str]:
        return [Path(command[0]).name for command in clipboard.commands(path | environ)]

    assert names() == []
    assert names(DISPLAY=":0") == ["xclip", "xsel"]
    assert names(DISPLAY=":0", WAYLAND_DISPLAY="wayland-0") == ["wl-copy", "xclip", "xsel"]
    assert names(DISPLAY=":0", SSH_CONNECTION="1") == []
    monkeypatch.setattr(sys, "platform", "darwin")
    assert names() == ["pbcopy"]
    assert clipboard.commands({"PATH": str(tmp_path / "nothing"), "DISPLAY": ":0"}) == []


def test_a_curl_command_runs_nothing_else(tmp_path: Path) -> None:
    program(tmp_path / "curl", 'printf "%s\\0" "$@"')
    evil = "'; touch owned; echo '$(touch owned)`touch owned`\n\x1b[2J größer"
    params = {"model": evil, "messages": [{"role": "user", "content": evil}]}
    command = curl_command("https://example.com/$(touch owned)/", params, ["a-beta", evil])
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "ANTHROPIC_API_KEY": "sk-ant-test"},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
    )
    url, *headers, data = done.stdout.split("\0")[:-1]
    assert url == "https://example.com/$(touch owned)/v1/messages"
    assert "Authorization: Bearer sk-ant-test" in headers
    assert json.loads(data) == params
    assert "sk-ant" not in command
    assert not (tmp_path / "owned").exists()
    assert command.isascii()
