"""Dropping the bodies of old batches."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import Server, Shell


@pytest.fixture
def old(server: Server, shell: Shell, requests_file: Path) -> str:
    """A batch that ended 40 days ago, of which some rows failed, and whose results are on disk."""
    server.control(settings={"error_rate": 0.5})
    batch_id: str = shell("submit", requests_file, "--name", "rivers", "--yes", "--json").json["batches"][0]["id"]
    server.control(end="all")
    assert shell("sync").code == 0
    then = (datetime.now(UTC) - timedelta(days=40)).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(shell.home / "batchtui.db", isolation_level=None)) as database:
        database.execute("UPDATE batches SET created_at = ?1, ended_at = ?1", (then,))
    return batch_id


def bodies(shell: Shell, batch_id: str) -> list[Path]:
    directory = shell.home / "batches" / batch_id
    return sorted(directory.iterdir()) if directory.exists() else []


def test_bodies_go_and_what_is_known_of_the_batch_stays(shell: Shell, old: str) -> None:
    before = shell("show", old, "--json").json
    stats = shell("stats", "--by", "model", "--json").json
    proposed = shell("prune", "--older-than", "30", "--dry-run", "--json").json
    assert [each["id"] for each in proposed] == [old]
    assert proposed[0]["requests_bytes"] == (shell.home / "batches" / old / "requests.jsonl").stat().st_size
    assert proposed[0]["results_bytes"] == (shell.home / "batches" / old / "results.jsonl").stat().st_size
    assert bodies(shell, old)

    done = shell("prune", "--older-than", "30", "--yes")
    assert done.code == 0, done.stderr
    assert "are free" in done.stderr
    assert not bodies(shell, old)
    after = shell("show", old, "--json").json
    assert (after["results"], after["requests"]) == ("gone", "unknown")
    for name in ("name", "counts", "cost_usd", "ended_at"):
        assert after[name] == before[name]
    assert shell("stats", "--by", "model", "--json").json == stats
    assert shell("results", old).code == 1
    assert "nobody knows which rows failed" in shell("retry", "rivers", "--yes").stderr
    assert shell("doctor", "--offline").code == 0
    again = shell("prune", "--older-than", "30", "--yes")
    assert "No batch that ended 30 days ago" in again.stderr


def test_what_is_younger_stays(shell: Shell, old: str) -> None:
    assert shell("prune", "--older-than", "41", "--yes", "--json").json == []
    assert bodies(shell, old)


def test_a_job_of_which_something_still_runs_is_left_alone(shell: Shell, old: str) -> None:
    assert shell("retry", "rivers", "--include-invalid", "--yes").code == 0
    assert shell("prune", "--older-than", "30", "--yes", "--json").json == []
    assert bodies(shell, old)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--older-than", "28", "--yes"), "28"),
        (("--older-than", "30"), "no terminal to ask at"),
        ((), "--older-than"),
    ],
)
def test_what_is_refused(shell: Shell, old: str, arguments: tuple[str, ...], words: str) -> None:
    done = shell("prune", *arguments)
    assert done.code == 2
    assert words in done.stderr
    assert bodies(shell, old)


def test_read_only_drops_nothing(shell: Shell, old: str) -> None:
    assert shell("--read-only", "prune", "--older-than", "30", "--yes").code == 1
    assert bodies(shell, old)
