"""`stats`: tables for people, one JSON document, and CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import Server, Shell, request, write_lines

HOSTILE = "=cmd|' /C calc'!A0 \x1b]0;owned\x07[/b]"


@pytest.fixture
def sent(server: Server, shell: Shell, tmp_path: Path) -> Server:
    """Two jobs that have ended, of 3 and of 2 requests, and one of a template's name nobody likes that runs."""
    for name, model, number in (("rivers", "claude-haiku-4-5", 3), ("lakes", "claude-sonnet-4-5", 2)):
        lines = [request(f"row-{row}", model=model) for row in range(number)]
        assert shell("submit", write_lines(tmp_path / f"{name}.jsonl", *lines), "--yes").code == 0
    server.control(end="all")
    assert shell("sync").code == 0
    assert shell("submit", write_lines(tmp_path / "seas.jsonl", request("row-0")), "--yes").code == 0
    with sqlite3.connect(shell.home / "batchtui.db") as connection:
        connection.execute("INSERT INTO templates (key, sha256, name, text) VALUES (1, '', ?, '')", (HOSTILE,))
        connection.execute("UPDATE batches SET template_key = 1 WHERE status <> 'ended'")
    connection.close()
    return server


def rows(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    return list(shell("stats", *arguments, "--json").json["rows"])


@pytest.mark.usefixtures("sent")
def test_json_adds_up_to_what_the_list_says(shell: Shell) -> None:
    listed = shell("list", "--json", "--offline").json
    document = shell("stats", "--json").json
    today = f"{datetime.now().astimezone().date()}"
    assert (document["by"], document["since"], document["until"]) == ("day", None, today)
    (day,) = document["rows"]
    assert {**document["total"], "day": today} == day
    assert (day["batches"], day["batches_without_results"], day["requests"], day["results"]) == (3, 1, 6, 5)
    costs = {
        is_: sum(each["cost_usd"] for each in listed if each["cost_is"] == is_) for is_ in ("actual", "estimate")
    }
    assert day["cost_usd"] == pytest.approx(costs["actual"])
    assert day["estimated_cost_usd"] == pytest.approx(costs["estimate"])
    assert day["saved_usd"] == pytest.approx(costs["actual"])
    assert day["succeeded"] + day["failed"] == 5
    results = [each for name in ("rivers", "lakes") for each in shell("results", name, "--json").json]
    assert day["output_tokens"] == sum(each["usage"]["output_tokens"] for each in results)
    assert day["output_max"] == max(each["usage"]["output_tokens"] for each in results)


@pytest.mark.usefixtures("sent")
def test_it_is_grouped_by_what_was_asked_for(shell: Shell) -> None:
    assert {each["model"]: each["requests"] for each in rows(shell, "--by", "model")} == {
        "claude-haiku-4-5": 4,
        "claude-sonnet-4-5": 2,
    }
    assert {each["template"]: each["batches"] for each in rows(shell, "--by", "template")} == {None: 2, HOSTILE: 1}
    (profile,) = rows(shell, "--by", "profile")
    assert (profile["profile"], profile["server"][:17]) == ("default", "http://127.0.0.1:")
    (size,) = rows(shell, "--by", "size")
    assert (size["size"], size["ended_batches"], size["max_tokens"]) == ("1-9", 2, 64)


@pytest.mark.usefixtures("sent")
def test_only_some_days_and_only_one_profile(shell: Shell) -> None:
    today = datetime.now().astimezone().date()
    tomorrow = f"{today + timedelta(days=1)}"
    (shell.home / "config.toml").write_text("[profiles.other]\n", encoding="utf-8")
    assert len(rows(shell, "--since", f"{today}")) == len(rows(shell, "--days", "1")) == 1
    assert rows(shell, "--since", tomorrow) == rows(shell, "--profile", "other") == []
    assert shell("stats", "--since", tomorrow).stderr == f"There are no batches since {tomorrow}.\n"
    assert shell("stats", "--since", "yesterday").code == 2
    assert shell("stats", "--since", f"{today}", "--days", "1").code == 2
    assert shell("stats", "--csv", "--json").code == 2


@pytest.mark.usefixtures("sent")
def test_it_is_worked_out_when_results_arrive_and_not_when_somebody_asks(shell: Shell) -> None:
    connection = sqlite3.connect(shell.home / "batchtui.db")
    assert connection.execute("SELECT count(*) FROM figures").fetchone() == (2,)
    connection.close()


@pytest.mark.usefixtures("sent")
def test_csv_is_the_same_and_no_formula(shell: Shell) -> None:
    done = shell("stats", "--by", "template", "--csv")
    assert b"\n\"'=cmd|' /C calc'!A0 " in done.stdout
    lines = list(csv.DictReader(io.StringIO(done.text, newline="")))
    expected = rows(shell, "--by", "template")
    assert [*lines[0]] == [*expected[0]]
    for line, row in zip(lines, expected, strict=True):
        for name, value in row.items():
            if name != "template":
                assert (json.loads(line[name]) if line[name] else None) == value


@pytest.mark.usefixtures("sent")
def test_a_table_says_what_is_estimated_and_obeys_nobody(shell: Shell) -> None:
    done = shell("stats", "--by", "template")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.text)
    header, *lines = done.text.splitlines()
    assert header.split()[:3] == ["TEMPLATE", "BATCHES", "REQUESTS"]
    # What cost most comes first, and all of it together last.
    assert [line[:19] for line in lines] == ["(without a template", "=cmd|' /C calc'!A0 ", "all                "]
    assert "~ holds an estimate of what 1 batch without results here cost at most." in done.stderr


def test_what_has_no_price_is_said_and_not_taken_for_nothing(server: Server, shell: Shell, tmp_path: Path) -> None:
    shell("submit", write_lines(tmp_path / "rivers.jsonl", request("a"), request("b")), "--yes")
    server.control(end="all")
    shell("sync")
    with sqlite3.connect(shell.home / "batchtui.db") as connection:
        connection.execute("UPDATE results SET cost_usd = NULL WHERE custom_id = 'a'")
        connection.execute("DELETE FROM figures")
    connection.close()
    (day,) = rows(shell)
    assert (day["unpriced_results"], day["cost_usd"] > 0) == (1, True)
    done = shell("stats")
    assert "≥$" in done.text
    assert "Not in the costs: 1 result whose price is not known." in done.stderr
    with sqlite3.connect(shell.home / "batchtui.db") as connection:
        connection.execute("UPDATE results SET cost_usd = NULL")
        connection.execute("DELETE FROM figures")
    connection.close()
    (day,) = rows(shell)
    assert (day["unpriced_results"], day["cost_usd"], day["saved_usd"]) == (2, None, None)


def test_an_empty_home_says_so(server: Server, shell: Shell) -> None:
    done = shell("stats")
    assert (done.code, done.text, done.stderr) == (0, "", "There are no batches.\n")
    assert shell("stats", "--json").json["rows"] == []
    assert shell("stats", "--csv").text.count("\n") == 1
    assert server.asked("GET") == 0
