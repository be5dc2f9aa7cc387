from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from batchtui.domain import split
from tests.api.raw_server import RawServer
from tests.foreign.server import Foreign

from .conftest import BATCHES, Server, Shell, request, start_process, write_lines

if TYPE_CHECKING:
    import pytest


@contextmanager
def ending_after(looks: int, server: Server) -> Iterator[None]:
    """End all batches once the list has been asked for so many times more."""
    wanted = server.asked("GET") + looks

    def end() -> None:
        while server.asked("GET") < wanted:
            pass
        server.control(end="all")

    ending = Thread(target=end)
    ending.start()
    yield
    ending.join()


def test_it_waits_until_all_that_run_have_ended(server: Server, shell: Shell, requests_file: Path) -> None:
    for _ in range(2):
        shell("submit", requests_file, "--yes")
    with ending_after(2, server):
        done = shell("watch", "--interval", "0.05", "--json")
    assert done.code == 0, done.stderr
    assert [(batch["status"], batch["results"]) for batch in done.json] == [("ended", "complete")] * 2
    assert done.stderr.count("ended after") == 2


def test_nothing_to_wait_for(server: Server, shell: Shell) -> None:
    done = shell("watch", "--json")
    assert (done.code, done.json) == (0, [])
    assert "Nothing is running" in shell("watch").stderr


def test_trouble_on_the_way_is_told_and_waited_out(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(faults=[{"kind": "refuse", "status": 529, "method": "GET", "path": BATCHES, "skip": 1}])
    with ending_after(3, server):
        done = shell("watch", "rivers", "--interval", "0.05")
    assert done.code == 0, done.stderr
    assert "529" in done.stderr or "verload" in done.stderr


def test_results_that_cannot_be_had_at_once_are_asked_for_again(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    start(duration_seconds=0.3, fresh_404s=2)
    shell("submit", requests_file, "--yes")
    done = shell("watch", "rivers", "--interval", "0.05", "--json")
    assert done.code == 0, done.stderr
    assert done.json[0]["results"] == "complete"


def test_a_batch_of_another_server_is_not_waited_for(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    first = start()
    shell("submit", requests_file, "--yes")
    start()
    done = shell("watch", "rivers")
    assert done.code == 1
    assert f"--base-url {first.base_url}" in done.stderr
    assert shell("list", "--json").json == []
    assert "other servers" in shell("list").stderr
    assert len(shell("list", "--all-servers", "--json").json) == 1


def test_a_job_that_was_not_sent_is_not_done(server: Server, shell: Shell, requests_file: Path) -> None:
    refusal = {"kind": "refuse", "status": 403, "error_type": "permission_error", "method": "POST", "path": BATCHES}
    server.control(faults=[refusal])
    assert shell("submit", requests_file, "--yes").code == 1
    done = shell("watch", "rivers", "--json")
    assert (done.code, done.json) == (1, [])
    assert "10 requests not sent" in done.stderr
    for command in (["results", "rivers"], ["cancel", "rivers", "--yes"]):
        refused = shell(*command)
        assert refused.code == 1
        assert "has no batch yet" in refused.stderr


def test_a_batch_the_server_has_forgotten_is_not_waited_for(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    shell("submit", requests_file, "--yes")
    shell("submit", requests_file, "--name", "lakes", "--yes")
    _, rivers = shell("list", "--json").json
    server.control(end="all")
    server.served.simulator.shelf.delete(server.served.simulator.shelf.get(rivers["id"]))
    done = shell("watch", "rivers", "lakes", "--interval", "0.05", "--json")
    assert done.code == 1
    assert f"does not know {rivers['id']} any more" in done.stderr
    assert {batch["name"]: batch["status"] for batch in done.json} == {"rivers": "in_progress", "lakes": "ended"}
    assert shell.files()[f"batches/{rivers['id']}/requests.jsonl"] == requests_file.read_bytes()


def test_a_server_without_a_list_is_talked_about_once(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lines(tmp_path / "rivers.jsonl", request("row-1", "Be succeeded"))
    with RawServer(Foreign(frozenset({"no list"}), polls=6)) as foreign:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", foreign.url)
        assert shell("submit", file, "--yes").code == 0
        done = shell("watch", "rivers", "--interval", "0.05")
    assert done.stderr.count("405") == 1, done.stderr
    assert "ended, 1 succeeded" in done.stderr


def test_what_waits_behind_an_unclear_part_is_not_waited_for(
    server: Server, shell: Shell, requests_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 4, "max_body_bytes": 10**9})
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("max_queued_requests = 4\n")
    assert shell("submit", requests_file, "--yes").code == 0
    server.control(end="all", faults=[{"kind": "hang", "method": "POST", "path": BATCHES}])
    with start_process("sync") as killed:
        while server.asked("POST") < 2:
            pass
        killed.kill()
    assert [one["state"] for one in shell("settle", "--json").json] == ["unclear", "waiting"]
    with start_process("watch", "rivers", "--interval", "0.05") as watching:
        assert watching.wait(timeout=30) == 4
    assert server.asked("POST") == 2


def test_what_waits_for_another_server_is_not_waited_for(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    first = start()
    first.control(faults=[{"kind": "refuse", "status": 429, "retry_after": 60, "method": "POST", "path": BATCHES}])
    assert shell("submit", requests_file, "--yes").code == 0
    start()
    done = shell("watch", "rivers")
    assert done.code == 1
    assert f"--base-url {first.base_url}" in done.stderr
