"""`flag` and `note`: what a person says of results and jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines

HOSTILE = "\x1b]0;owned\x07\x1b[2J[red]bold[/red]\u202egnp.exe\x9b31m"


@pytest.fixture
def rivers(start: Callable[..., Server], shell: Shell, tmp_path: Path) -> Shell:
    """A job `rivers` whose results are at home."""
    server = start()
    file = write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(4)))
    assert shell("submit", file, "--yes").code == 0
    server.control(end="all")
    assert shell("results", "rivers").code == 0
    return shell


def test_a_flag_narrows_and_is_taken_away(rivers: Shell) -> None:
    done = rivers("flag", "rivers", "row-2", "row-0", "row-2")
    assert (done.code, done.stdout) == (0, b"")
    assert "2 results flagged" in done.stderr
    for narrowed in (("--only", "flagged"), ("--filter", "flag:by:person")):
        rows = rivers("results", "rivers", *narrowed, "--json").json
        assert [row["custom_id"] for row in rows] == ["row-0", "row-2"]
        assert rows[0]["flags"] == ["flagged", "by:person"]
    assert rivers("results", "rivers", "--groups", "--json").json["flags"]["by:person"] == 2
    plan = rivers("retry", "rivers", "--only", "flagged", "--dry-run", "--json").json
    assert plan["resend"] + plan["edit_first"] == 2
    assert rivers("flag", "rivers", "row-0", "--off", "--json").json == {"custom_ids": ["row-0"], "flagged": False}
    assert [row["custom_id"] for row in rivers("results", "rivers", "--only", "flagged", "--json").json] == [
        "row-2"
    ]


def test_a_note_on_a_result_is_shown_found_and_exported(rivers: Shell) -> None:
    assert "Noted on 1 result" in rivers("note", "@1", f"  {HOSTILE} ", "--row", "row-3").stderr
    (row,) = rivers("results", "rivers", "--filter", "note:owned", "--json").json
    assert (row["custom_id"], row["note"]) == ("row-3", HOSTILE)
    text = rivers("results", "rivers").text
    assert "note: \ufffd]0;owned" in text
    assert "\x1b" not in text
    assert "owned" in rivers("results", "rivers", "--format", "md").text
    assert rivers("note", "rivers", "", "--row", "row-3").code == 0
    assert {row["note"] for row in rivers("results", "rivers", "--json").json} == {None}


def test_a_note_on_a_job_is_shown(rivers: Shell) -> None:
    assert rivers("note", "rivers", "for the atlas", "--json").json["note"] == "for the atlas"
    assert "for the atlas" in rivers("show", "rivers").text
    assert rivers("show", "rivers", "--json").json["note"] == "for the atlas"
    assert rivers("note", "rivers", "").code == 0
    assert rivers("show", "rivers", "--json").json["note"] == ""


@pytest.mark.parametrize(
    "command", [("flag", "rivers", "row-0", "nobody"), ("note", "rivers", "x", "--row", "nobody")]
)
def test_a_row_that_is_not_there_is_refused(rivers: Shell, command: tuple[str, ...]) -> None:
    done = rivers(*command)
    assert done.code == 2
    assert "has no result 'nobody' here" in done.stderr
    assert rivers("results", "rivers", "--only", "flagged", "--json").json == []


def test_show_counts_what_is_flagged(rivers: Shell) -> None:
    assert rivers("show", "rivers", "--json").json["flagged"] == 0
    rivers("flag", "rivers", "row-2", "row-0")
    batch_id = rivers("list", "--json").json[0]["id"]
    for name in ("rivers", batch_id):
        shown = rivers("show", name, "--json").json
        assert (shown["flagged"], shown["template"]) == (2, None)
        assert "flagged" in rivers("show", name).text
