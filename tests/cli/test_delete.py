"""Deleting batches: at the API, here, or both."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Server, Shell


def ended(server: Server, shell: Shell, file: Path, *, name: str = "rivers") -> str:
    """Send a job and let it end; its results are not on disk yet."""
    batch_id: str = shell("submit", file, "--name", name, "--yes", "--json").json["batches"][0]["id"]
    server.control(end="all")
    return batch_id


def at_the_api(server: Server) -> set[str]:
    return {batch.id for batch in server.served.simulator.shelf.all()}


def listed(shell: Shell) -> set[str]:
    assert shell("sync").code == 0
    return {batch["id"] for batch in shell("list", "--json").json}


def test_both_are_deleted_by_default(server: Server, shell: Shell, requests_file: Path) -> None:
    batch_id = ended(server, shell, requests_file)
    assert shell("sync").code == 0
    done = shell("delete", "rivers", "--yes", "--json")
    assert done.code == 0, done.stderr
    assert done.json == [{"id": batch_id, "here": True, "remote": True}]
    assert "Delete 1 batch of 10 requests at the API and here." in done.stderr
    assert not at_the_api(server)
    assert not listed(shell)
    assert not (shell.home / "batches" / batch_id).exists()


def test_deleted_here_it_does_not_come_back_with_the_list(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    batch_id = ended(server, shell, requests_file)
    done = shell("delete", batch_id, "--local", "--yes")
    assert done.code == 0, done.stderr
    assert "here, and not at the API" in done.stderr
    assert at_the_api(server) == {batch_id}
    assert not listed(shell)
    assert shell("adopt", batch_id).code == 0
    assert listed(shell) == {batch_id}


def test_deleted_at_the_api_its_results_are_brought_home_first(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    batch_id = ended(server, shell, requests_file)
    done = shell("delete", "rivers", "--remote", "--yes")
    assert done.code == 0, done.stderr
    assert not at_the_api(server)
    assert listed(shell) == {batch_id}
    assert len(shell("results", "rivers", "--json").json) == 10


def test_results_that_nobody_has_seen_are_told_of(server: Server, shell: Shell, requests_file: Path) -> None:
    ended(server, shell, requests_file)
    shell("list")
    done = shell("delete", "rivers", "--yes")
    assert "the results of 1 batch were never downloaded" in done.stderr


def test_one_that_the_api_has_dropped_already_is_deleted(server: Server, shell: Shell, requests_file: Path) -> None:
    ended(server, shell, requests_file)
    assert shell("sync").code == 0
    shelf = server.served.simulator.shelf
    shelf.delete(shelf.all()[0])
    assert shell("delete", "rivers", "--yes").code == 0
    assert not listed(shell)


def test_what_runs_is_not_deleted_and_neither_is_what_was_named_with_it(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    first = ended(server, shell, requests_file)
    second = shell("submit", requests_file, "--name", "lakes", "--yes", "--json").json["batches"][0]["id"]
    for place in ((), ("--local",), ("--remote",)):
        done = shell("delete", "rivers", "lakes", "--yes", *place)
        assert done.code == 1
        assert "still runs" in done.stderr
    assert at_the_api(server) == listed(shell) == {first, second}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rivers", "--local", "--remote", "--yes"), "exclude each other"),
        (("rivers",), "no terminal to ask at"),
        (("nothing", "--yes"), "No batch or job is known"),
    ],
)
def test_what_is_refused(
    server: Server, shell: Shell, requests_file: Path, arguments: tuple[str, ...], words: str
) -> None:
    batch_id = ended(server, shell, requests_file)
    done = shell("delete", *arguments)
    assert done.code == 2, done.stderr
    assert words in done.stderr
    assert at_the_api(server) == {batch_id}


def test_read_only_deletes_nothing(server: Server, shell: Shell, requests_file: Path) -> None:
    batch_id = ended(server, shell, requests_file)
    done = shell("--read-only", "delete", "rivers", "--yes")
    assert done.code == 1
    assert "read-only" in done.stderr
    assert at_the_api(server) == listed(shell) == {batch_id}
