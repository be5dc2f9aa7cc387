"""Archiving the bodies of batches, and everything that reads them afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Server, Shell


@pytest.fixture
def done(server: Server, shell: Shell, requests_file: Path) -> str:
    """A batch that has ended, of which some rows failed, and whose results are on disk."""
    server.control(settings={"error_rate": 0.5})
    batch_id: str = shell("submit", requests_file, "--name", "rivers", "--yes", "--json").json["batches"][0]["id"]
    server.control(end="all")
    assert shell("sync").code == 0
    return batch_id


def bodies(shell: Shell, batch_id: str) -> list[str]:
    return sorted(path.name for path in (shell.home / "batches" / batch_id).iterdir())


PLAIN = ["requests.jsonl", "results.jsonl"]
ARCHIVED = ["requests.jsonl.gz", "results.jsonl.gz"]


def test_what_is_archived_is_read_as_before(shell: Shell, done: str) -> None:
    readers = (
        ("results", done, "--format", "jsonl"),
        ("results", done, "--json", "--join"),
        ("results", done, "--grep", "e", "--json"),
        ("retry", "rivers", "--include-invalid", "--dry-run", "--json"),
        ("diff", done, done, "--json"),
        ("search", "e", "--json"),
        ("queue", "list", "--json"),
        ("stats", "--json"),
    )
    before = [shell(*reader) for reader in readers]
    sizes = sum((shell.home / "batches" / done / name).stat().st_size for name in PLAIN)
    assert shell("show", done, "--json").json["archived"] is False
    proposed = shell("archive", done, "--dry-run", "--json").json
    assert proposed == [{"id": done, "name": "rivers", "plain_bytes": sizes, "archived_bytes": None}]
    assert bodies(shell, done) == PLAIN
    for reader, expected in zip(readers, before, strict=True):
        made = shell("archive", done, "--yes", "--json")
        assert made.code == 0, made.stderr
        assert bodies(shell, done) == ARCHIVED
        now = shell(*reader)
        assert (now.code, now.stdout) == (expected.code, expected.stdout), reader
    shell("archive", "rivers", "--yes")
    shown = shell("show", done, "--json").json
    assert (shown["archived"], shown["results"], shown["requests"]) == (True, "complete", "known")
    assert shell("doctor", "--offline").code == 0
    assert bodies(shell, done) == ARCHIVED


def test_by_age(shell: Shell, done: str) -> None:
    assert shell("archive", "--older-than", "1", "--yes", "--json").json == []
    assert bodies(shell, done) == PLAIN
    (made,) = shell("archive", "--older-than", "0", "--yes", "--json").json
    assert made["id"] == done
    assert 0 < made["archived_bytes"] < made["plain_bytes"]
    assert "nothing to archive" in shell("archive", "--older-than", "0", "--yes").stderr


def test_it_can_be_dropped_or_deleted_then(shell: Shell, done: str) -> None:
    assert shell("archive", done, "--yes").code == 0
    assert shell("delete", done, "--local", "--yes").code == 0
    assert not (shell.home / "batches" / done).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "--older-than"), (("@1", "--older-than", "3"), "--older-than"), (("@1",), "no terminal to ask at")],
)
def test_what_is_refused(shell: Shell, done: str, arguments: tuple[str, ...], words: str) -> None:
    refused = shell("archive", *arguments)
    assert refused.code == 2
    assert words in refused.stderr
    assert bodies(shell, done) == PLAIN


def test_what_runs_is_not_archived(shell: Shell, done: str, requests_file: Path) -> None:
    running = shell("submit", requests_file, "--name", "again", "--yes", "--json").json["batches"][0]["id"]
    refused = shell("archive", done, running, "--yes")
    assert refused.code == 1
    assert f"{running} cannot be archived: it still runs" in refused.stderr
    assert [each["id"] for each in shell("archive", "--older-than", "0", "--dry-run", "--json").json] == [done]
    assert bodies(shell, done) == PLAIN


def test_read_only_archives_nothing(shell: Shell, done: str) -> None:
    assert shell("--read-only", "archive", done, "--yes").code == 1
    assert bodies(shell, done) == PLAIN
