"""The JSON that scripts rely on: the names, and their order where the contract gives one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from .conftest import Server, Shell

LIST = [
    *("id", "job", "name", "profile", "status", "counts", "created_at", "ended_at", "expires_at", "results_until"),
    *("results", "requests", "attempt", "part", "parts", "model", "cost_usd", "cost_is"),
]
COUNTS = ["processing", "succeeded", "errored", "canceled", "expired", "total"]


def test_a_batch(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    (running,) = shell("list", "--json").json
    assert list(running) == LIST
    assert list(running["counts"]) == COUNTS
    assert running["counts"] == dict.fromkeys(COUNTS, 0) | {"processing": 10, "total": 10}
    assert (running["ended_at"], running["results"], running["cost_is"]) == (None, "none", "estimate")
    for name in ("created_at", "expires_at", "results_until"):
        assert running[name].endswith("Z")
        assert datetime.fromisoformat(running[name]).utcoffset() is not None
    server.control(end="all")
    shell("sync")
    (ended,) = shell("list", "--json").json
    assert ended["counts"]["succeeded"] == ended["counts"]["total"] == 10
    assert (ended["results"], ended["requests"], ended["cost_is"]) == ("complete", "known", "actual")
    assert ended["model"] == ["claude-haiku-4-5"]
    shown = shell("show", ended["id"], "--json").json
    assert {name: shown[name] for name in LIST} == ended


def test_a_job(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(expire="all")
    shell("retry", "rivers", "--yes")
    job = shell("show", "rivers", "--json").json
    assert list(job)[: len(LIST)] == LIST
    assert [(batch["attempt"], batch["part"]) for batch in job["batches"]] == [(1, 1), (2, 1)]
    assert list(job["batches"][0]) == LIST
    assert (job["status"], job["attempt"], job["counts"]["total"]) == ("in_progress", 2, 20)
    text = shell("show", "rivers").text
    assert "└─ attempt 2: 10 requests" in text


def test_a_submission_and_a_retry(server: Server, shell: Shell, requests_file: Path) -> None:
    sent = shell("submit", requests_file, "--yes", "--json").json
    assert {"job", "batches", "estimate", "held", "problems"} <= set(sent)
    assert list(sent["batches"][0]) == ["id", "requests", "bytes", "held"]
    assert list(sent["estimate"]) == [
        *("input_tokens", "output_tokens_max", "cost_usd_low", "cost_usd_high", "standard_cost_usd"),
        "input_counted",
        "output_tried",
    ]
    server.control(expire="all")
    retried = shell("retry", "rivers", "--yes", "--json").json
    assert {"job", "attempt", "batches", "resend", "edit_first", "skipped", "by_error"} <= set(retried)
    assert list(retried["by_error"][0]) == ["error_type", "message", "count", "verdict"]


def test_every_json_is_one_document_whatever_is_said(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(end="all")
    for command in (
        *(["list"], ["show", "rivers"], ["sync"], ["watch", "rivers"], ["results", "rivers"], ["settle"]),
        *(["retry", "rivers", "--dry-run"], ["paths"], ["config"], ["doctor"], ["key", "status"]),
        *(["rename", "rivers", "streams"], ["results", "streams", "--only", "expired"]),
    ):
        done = shell(*command, "--json")
        assert done.json is not None, command
        assert done.stdout.endswith(b"\n")


def test_a_list_is_narrowed_by_the_words_it_shows(server: Server, shell: Shell, requests_file: Path) -> None:
    for name in ("one", "two"):
        shell("submit", requests_file, "--name", name, "--yes")
    (two, one) = shell("list", "--json").json
    server.control(expire=one["id"])

    def names(status: str, *more: str) -> list[str]:
        return [batch["name"] for batch in shell("list", "--status", status, *more, "--json").json]

    assert names("running") == names("in_progress") == ["two"]
    assert names("failed") == names("ended") == names("ended", "--limit", "1") == ["one"]
    server.control(end=two["id"])
    assert (names("ended"), names("failed"), names("canceling")) == (["two", "one"], ["one"], [])
    wrong = shell("list", "--status", "nope")
    assert wrong.code == 2
    assert all(word in wrong.stderr for word in ("nope", "in_progress", "running", "canceling", "ended", "failed"))


def test_what_a_sync_tells_is_how_it_is_afterwards(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(end="all")
    (changed,) = shell("sync", "--json").json["changed"]
    assert (changed["status"], changed["results"], changed["cost_is"]) == ("ended", "complete", "actual")
