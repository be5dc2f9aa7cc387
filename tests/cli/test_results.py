from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines

HOSTILE = "\x1b]0;owned\x07\x1b[2J[red]bold[/red]\u202egnp.exe\x9b31m"


@pytest.fixture
def ended(start: Callable[..., Server], shell: Shell, tmp_path: Path) -> Server:
    """A job `mixed` of thirty rows with every outcome, whose results are at the API."""
    server = start(seed=11, error_rate=0.2, expire_rate=0.2, truncate_rate=0.3, refusal_rate=0.2)
    file = write_lines(
        tmp_path / "mixed.jsonl",
        *(request(f"row-{number:02}", f"Describe river {number}.") for number in range(30)),
        request("invalid", max_tokens=900_000),
    )
    assert shell("submit", file, "--yes").code == 0
    server.control(end="all")
    return server


def test_they_are_downloaded_if_need_be_and_come_in_input_order(ended: Server, shell: Shell) -> None:
    offline = shell("results", "mixed", "--offline")
    assert offline.code in {1, 2}
    assert "not here" in offline.stderr or "still runs" in offline.stderr
    rows = shell("results", "mixed", "--json").json
    assert [row["custom_id"] for row in rows] == [*(f"row-{number:02}" for number in range(30)), "invalid"]
    assert list(rows[0]) == [
        "custom_id",
        "batch_id",
        "attempt",
        "type",
        "error_type",
        "error_message",
        "stop_reason",
        "model",
        "text",
        "usage",
        "cost_usd",
        "flags",
        "note",
        "request",
        "row",
    ]
    assert shell("results", "mixed", "--json", "--offline").json == rows


def test_jsonl_is_the_bytes_that_came(ended: Server, shell: Shell) -> None:
    printed = shell("results", "mixed", "--format", "jsonl").stdout
    (file,) = shell.home.glob("batches/*/results.jsonl")
    assert sorted(printed.splitlines(keepends=True)) == sorted(file.read_bytes().splitlines(keepends=True))
    assert printed != file.read_bytes()  # the API gives them in another order than the input


@pytest.mark.parametrize(
    "only", ["succeeded", "failed", "errored", "expired", "canceled", "truncated", "refused", "flagged"]
)
def test_they_can_be_narrowed(ended: Server, shell: Shell, only: str) -> None:
    everything = shell("results", "mixed", "--json").json
    wanted = {
        "failed": lambda row: row["type"] != "succeeded",
        "truncated": lambda row: "truncated" in row["flags"],
        "refused": lambda row: "refused" in row["flags"],
        "flagged": lambda row: "flagged" in row["flags"],
    }.get(only, lambda row: row["type"] == only)
    assert shell("results", "mixed", "--only", only, "--json").json == [row for row in everything if wanted(row)]
    if only not in {"canceled", "flagged"}:
        assert any(map(wanted, everything))


def test_grep_reads_the_whole_output(ended: Server, shell: Shell) -> None:
    everything = shell("results", "mixed", "--json").json
    word = next(row["text"].split()[-1] for row in everything if row["text"])
    found = shell("results", "mixed", "--grep", word.upper(), "--json").json
    assert found == [
        row for row in everything if word.casefold() in (row["text"] or row["error_message"] or "").casefold()
    ]
    nothing = shell("results", "mixed", "--grep", "no such text anywhere")
    assert (nothing.code, nothing.stdout) == (0, b"")


def test_join_puts_the_request_beside_the_result(ended: Server, shell: Shell) -> None:
    lines = shell("results", "mixed", "--format", "jsonl", "--join").text.splitlines()
    assert json.loads(lines[3])["request"] == request("row-03", "Describe river 3.")["params"]
    assert "Describe river 3." in shell("results", "mixed", "--join").text


def test_text_has_a_header_for_each_row(ended: Server, shell: Shell) -> None:
    text = shell("results", "mixed").text
    rows = shell("results", "mixed", "--json").json
    for row in rows:
        assert f"{row['custom_id']}  {row['type']}" in text
    assert "invalid_request_error" in text
    assert "max_tokens" in text


def test_hostile_output_is_harmless_as_text_and_exact_as_jsonl(
    server: Server, shell: Shell, tmp_path: Path
) -> None:
    shell("submit", write_lines(tmp_path / "hostile.jsonl", request("row-1")), "--name", HOSTILE, "--yes")
    server.control(end="all")
    assert shell("sync").code == 0
    (file,) = shell.home.glob("batches/*/results.jsonl")
    result = json.loads(file.read_bytes())
    result["result"]["message"]["content"] = [{"type": "text", "text": HOSTILE + "\ud800"}]
    line = json.dumps(result).encode() + b"\n"
    file.write_bytes(line)
    assert shell("doctor", "--offline", "--repair").code == 0
    assert shell("results", "@1", "--format", "jsonl").stdout == line
    for command in (["results", "@1"], ["list"], ["show", "@1"], ["watch", "@1"]):
        done = shell(*command)
        assert done.code == 0, done.stderr
        shown = done.text + done.stderr
        assert not set("\x1b\x07\x9b\u202e\ud800") & set(shown)
        assert "[red]bold[/red]" in shown
    assert shell("results", "@1", "--json").json[0]["text"].startswith(HOSTILE)


def test_a_file_appears_only_whole_and_is_not_overwritten_unasked(
    ended: Server, shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "out" / "results.jsonl"
    missing = shell("results", "mixed", "--format", "jsonl", "--out", path)
    assert missing.code == 2
    assert str(path) in missing.stderr
    path.parent.mkdir()
    done = shell("results", "mixed", "--format", "jsonl", "--out", path)
    assert (done.code, done.stdout) == (0, b"")
    assert path.read_bytes() == shell("results", "mixed", "--format", "jsonl").stdout
    assert list(path.parent.iterdir()) == [path]
    path.write_text("mine")
    assert shell("results", "mixed", "--out", path).code == 2
    assert shell("results", "nope", "--out", path, "--force").code == 2
    assert path.read_text() == "mine"
    assert shell("results", "mixed", "--json", "--out", path, "--force").code == 0
    assert len(json.loads(path.read_bytes())) == 31
    assert list(path.parent.iterdir()) == [path]


def test_a_batch_that_runs_has_none_yet(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    done = shell("results", "rivers")
    assert done.code == 1
    assert "still runs" in done.stderr
    assert "batchtui watch rivers" in done.stderr


def test_results_the_api_has_dropped(server: Server, shell: Shell, requests_file: Path) -> None:
    simulator = server.served.simulator
    simulator.seed_history()
    oldest = min(simulator.shelf.all(), key=lambda batch: batch.created_at)
    done = shell("results", oldest.id)
    assert done.code == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == b""
