from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .conftest import BATCHES, Server, Shell


def test_it_waits_until_all_that_run_have_ended(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    start(duration_seconds=0.5)
    for _ in range(2):
        shell("submit", requests_file, "--yes")
    done = shell("watch", "--interval", "0.05", "--json")
    assert done.code == 0, done.stderr
    assert [(batch["status"], batch["results"]) for batch in done.json] == [("ended", "complete")] * 2
    assert done.stderr.count("ended after") == 2


def test_nothing_to_wait_for(server: Server, shell: Shell) -> None:
    done = shell("watch", "--json")
    assert (done.code, done.json) == (0, [])
    assert "Nothing is running" in shell("watch").stderr


def test_trouble_on_the_way_is_told_and_waited_out(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    server = start(duration_seconds=0.5)
    shell("submit", requests_file, "--yes")
    server.control(faults=[{"kind": "refuse", "status": 529, "method": "GET", "path": BATCHES, "skip": 1}])
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
