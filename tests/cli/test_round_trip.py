from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .conftest import BATCHES, Server, Shell, request, write_lines


def test_from_a_file_to_final_answers(start: Callable[..., Server], shell: Shell, tmp_path: Path) -> None:
    server = start(error_rate=0.3, expire_rate=0.2, seed=4)
    file = write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(40)))

    sent = shell("submit", file, "--name", "rivers", "--yes", "--json")
    assert sent.code == 0, sent.stderr
    (batch,) = sent.json["batches"]
    assert batch["requests"] == 40
    assert "Send 40 requests" in sent.stderr

    (listed,) = shell("list", "--json").json
    assert (listed["id"], listed["name"], listed["status"]) == (batch["id"], "rivers", "in_progress")
    assert listed["job"] == sent.json["job"]

    server.control(end="all")
    watched = shell("watch", "rivers", "--interval", "0.05", "--json")
    assert watched.code == 3, watched.stderr
    assert watched.json[0]["results"] == "complete"

    failed = shell("results", "rivers", "--only", "failed", "--json").json
    assert failed
    assert {row["type"] for row in failed} == {"errored", "expired"}

    server.control(settings={"error_rate": 0.0, "expire_rate": 0.0})
    retried = shell("retry", "rivers", "--yes", "--json")
    assert retried.code == 0, retried.stderr
    assert retried.json["attempt"] == 2
    assert retried.json["resend"] == retried.json["batches"][0]["requests"] == len(failed)

    server.control(end="all")
    again = shell("watch", "rivers", "--interval", "0.05", "--json")
    assert again.code == 0, again.stderr
    final = shell("results", "rivers", "--final", "--json").json
    assert [row["custom_id"] for row in final] == [f"row-{number}" for number in range(40)]
    assert {row["type"] for row in final} == {"succeeded"}
    assert {row["attempt"] for row in final} == {1, 2}
    assert server.asked("POST") == 2

    nothing = shell("retry", "rivers", "--yes", "--json")
    assert nothing.code == 0
    assert nothing.json["resend"] == 0
    assert server.asked("POST") == 2


def test_a_file_on_stdin_is_sent_as_it_is(server: Server, shell: Shell, requests_file: Path) -> None:
    sent = shell("submit", "-", "--yes", "--json", stdin=requests_file.read_bytes())
    assert sent.code == 0, sent.stderr
    batch_id = sent.json["batches"][0]["id"]
    kept = shell.home / "batches" / batch_id / "requests.jsonl"
    assert kept.read_bytes() == requests_file.read_bytes()


def test_a_job_is_called_like_its_file(server: Server, shell: Shell, requests_file: Path) -> None:
    for _ in range(2):
        assert shell("submit", requests_file, "--yes").code == 0
    names = [batch["name"] for batch in shell("list", "--json").json]
    assert names == ["rivers-2", "rivers"]


def test_the_commands_take_an_id_by_its_beginning_its_name_and_its_position(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    sent = shell("submit", requests_file, "--yes", "--json").json
    batch_id = sent["batches"][0]["id"]
    for text in (batch_id, batch_id[:20], "rivers", sent["job"], "@1"):
        shown = shell("show", text, "--json").json
        assert shown["job"] == sent["job"], text


def test_the_list_is_newest_first_and_can_be_narrowed(server: Server, shell: Shell, tmp_path: Path) -> None:
    server.served.simulator.seed_history()
    everything = shell("list", "--json").json
    assert len(everything) == len(server.served.simulator.shelf.all())
    created = [batch["created_at"] for batch in everything]
    assert created == sorted(created, reverse=True)
    assert len(shell("list", "--limit", "5", "--offline", "--json").json) == 5
    running = shell("list", "--status", "in_progress", "--offline", "--json").json
    assert {batch["status"] for batch in running} == {"in_progress"}


def test_a_batch_is_canceled_and_what_is_left_can_be_retried(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    shell("submit", requests_file, "--yes")
    canceled = shell("cancel", "rivers", "--yes", "--json")
    assert canceled.code == 0, canceled.stderr
    assert canceled.json[0]["status"] == "canceling"
    server.control(advance_seconds=60)
    assert shell("watch", "rivers", "--interval", "0.05").code == 3
    plan = shell("retry", "rivers", "--dry-run", "--json").json
    assert plan["resend"] == 10
    assert [cause["error_type"] for cause in plan["by_error"]] == ["canceled"]
    assert server.asked("POST") == 1
    again = shell("cancel", "rivers", "--yes")
    assert again.code == 1
    assert "has ended" in again.stderr


def test_sync_downloads_what_has_ended(server: Server, shell: Shell, requests_file: Path) -> None:
    batch_id = shell("submit", requests_file, "--yes", "--json").json["batches"][0]["id"]
    server.control(end="all")
    found = shell("sync", "--json")
    assert found.code == 0, found.stderr
    assert found.json["ended"] == [batch_id]
    assert [(one["id"], one["results"]) for one in found.json["downloaded"]] == [(batch_id, 10)]
    asked = server.asked("GET", f"{BATCHES}/{batch_id}/results")
    assert shell("results", "rivers", "--offline", "--json").code == 0
    assert server.asked("GET", f"{BATCHES}/{batch_id}/results") == asked == 1


def test_an_invalid_row_is_sent_again_only_changed(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", request("fine"), request("long", max_tokens=900_000))
    shell("submit", file, "--yes")
    server.control(end="all")
    refused = shell("retry", "long", "--yes")
    assert refused.code == 1
    assert "--set" in refused.stderr
    changed = shell("retry", "long", "--set", "max_tokens=100", "--set", "metadata.user_id=me", "--yes", "--json")
    assert changed.code == 0, changed.stderr
    (line,) = (
        (shell.home / "batches" / changed.json["batches"][0]["id"] / "requests.jsonl").read_text().splitlines()
    )
    assert json.loads(line) == request("long", max_tokens=100, metadata={"user_id": "me"})


def test_renaming(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    assert shell("rename", "rivers", "streams", "--json").json["name"] == "streams"
    assert shell("show", "streams", "--offline").code == 0
    assert shell("show", "rivers", "--offline").code == 2
