"""`results` to files, and sums and searches."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from .conftest import Server, Shell, request, write_lines

HOSTILE = "\x1b]0;owned\x07=1+1\u202e"


@pytest.fixture
def ended(start: Callable[..., Server], shell: Shell, tmp_path: Path) -> Server:
    """A job `mixed` of thirty rows with every outcome, brought home."""
    server = start(seed=11, error_rate=0.2, expire_rate=0.2, truncate_rate=0.3, refusal_rate=0.2)
    file = write_lines(
        tmp_path / "mixed.jsonl",
        *(request(f"row-{number:02}", f"Describe river {number}.") for number in range(30)),
        request("invalid", max_tokens=900_000),
    )
    assert shell("submit", file, "--yes").code == 0
    server.control(end="all")
    assert shell("sync").code == 0
    return server


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_every_format_holds_the_same_rows_in_input_order(ended: Server, shell: Shell, tmp_path: Path) -> None:
    everything = shell("results", "mixed", "--json").json
    wanted = [row["text"] for row in everything]
    for name in ("a.csv", "a.parquet", "a.sqlite", "a.md", "a.jsonl"):
        done = shell("results", "mixed", "--out", tmp_path / name)
        assert (done.code, done.stdout) == (0, b""), done.stderr
        assert f"31 results written to {tmp_path / name}" in done.stderr
    rows = csv_rows((tmp_path / "a.csv").read_bytes())
    assert [row["text"] or None for row in rows] == [text or None for text in wanted]
    assert [row["custom_id"] for row in rows] == [row["custom_id"] for row in everything]
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet").column("text").to_pylist() == wanted
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    assert [text for (text,) in connection.execute("SELECT text FROM results")] == wanted
    connection.close()
    assert all(f"```text\n{text}" in (tmp_path / "a.md").read_text() for text in wanted if text)
    assert (tmp_path / "a.jsonl").read_bytes() == shell("results", "mixed", "--format", "jsonl").stdout
    assert shell("results", "mixed", "--format", "csv").stdout == (tmp_path / "a.csv").read_bytes()
    assert shell("results", "mixed", "--format", "md").stdout == (tmp_path / "a.md").read_bytes()


def test_a_folder_with_a_file_for_each_row(ended: Server, shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    done = shell("results", "mixed", "--format", "md", "--out", folder, "--one-file-a-row", "--only", "succeeded")
    assert done.code == 0, done.stderr
    succeeded = shell("results", "mixed", "--only", "succeeded", "--json").json
    assert sorted(path.stem for path in folder.iterdir()) == [row["custom_id"] for row in succeeded]
    again = shell("results", "mixed", "--format", "md", "--out", folder, "--one-file-a-row", "--force")
    assert again.code == 2
    assert "exists" in again.stderr


def test_rows_are_chosen_by_filter_and_by_text(ended: Server, shell: Shell) -> None:
    everything = shell("results", "mixed", "--json").json
    by_filter = shell("results", "mixed", "--filter", "status:errored !error:invalid", "--json").json
    assert by_filter == [
        row
        for row in everything
        if row["type"] == "errored" and "invalid" not in f"{row['error_type']} {row['error_message']}"
    ]
    assert by_filter
    tokens = [row["usage"]["output_tokens"] for row in everything if row["usage"]]
    middle = sorted(tokens)[len(tokens) // 2]
    longer = shell("results", "mixed", "--filter", f"tokens>{middle}", "--json").json
    assert [row["usage"]["output_tokens"] for row in longer] == [number for number in tokens if number > middle]
    word = next(row["text"].split()[0] for row in everything if row["text"])
    exact = shell("results", "mixed", "--grep", word.swapcase(), "--match-case", "--json").json
    assert exact == [row for row in everything if word.swapcase() in (row["text"] or "")]
    by_regex = shell("results", "mixed", "--grep", f"^{word}", "--regex", "--json").json
    assert by_regex
    assert all(row["text"].startswith(word) for row in by_regex)


def test_csv_is_guarded_unless_told_otherwise(server: Server, shell: Shell, tmp_path: Path) -> None:
    shell("submit", write_lines(tmp_path / "one.jsonl", request("row-1")), "--yes")
    server.control(end="all")
    assert shell("sync").code == 0
    (file,) = shell.home.glob("batches/*/results.jsonl")
    result = json.loads(file.read_bytes())
    result["result"]["message"]["content"] = [{"type": "text", "text": "=1+1\x1b]0;owned\x07"}]
    file.write_bytes(json.dumps(result).encode() + b"\n")
    assert shell("doctor", "--offline", "--repair").code == 0
    (guarded,) = csv_rows(shell("results", "@1", "--format", "csv").stdout)
    (raw,) = csv_rows(shell("results", "@1", "--format", "csv", "--raw-cells").stdout)
    assert (guarded["text"], raw["text"]) == ("'=1+1\x1b]0;owned\x07", "=1+1\x1b]0;owned\x07")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "parquet"],
        ["--format", "sqlite"],
        ["--one-file-a-row", "--format", "md"],
        ["--one-file-a-row", "--format", "csv", "--out", "x.csv"],
        ["--json", "--format", "csv"],
        ["--regex"],
        ["--match-case"],
        ["--stats", "--groups"],
        ["--stats", "--format", "csv"],
        ["--groups", "--grep", "a"],
        ["--grep", "(", "--regex"],
        ["--format", "xml"],
    ],
)
def test_what_does_not_go_together_is_refused(ended: Server, shell: Shell, arguments: list[str]) -> None:
    done = shell("results", "mixed", *arguments)
    assert done.code == 2
    assert done.stdout == b""
    assert "Traceback" not in done.stderr


def test_a_link_is_not_followed(ended: Server, shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.write_text("mine")
    (tmp_path / "link.csv").symlink_to(target)
    done = shell("results", "mixed", "--out", tmp_path / "link.csv", "--force")
    assert done.code == 2
    assert target.read_text() == "mine"


def test_numbers_and_groups(ended: Server, shell: Shell) -> None:
    everything = shell("results", "mixed", "--json").json
    numbers = shell("results", "mixed", "--stats", "--json").json
    assert numbers["rows"] == 31
    assert numbers["succeeded"] == sum(row["type"] == "succeeded" for row in everything)
    assert numbers["tokens"]["output"] == sum(row["usage"]["output_tokens"] for row in everything if row["usage"])
    assert numbers["cost_usd"] == pytest.approx(sum(row["cost_usd"] for row in everything))
    text = shell("results", "mixed", "--stats").text
    assert "cache hit rate" in text
    groups = shell("results", "mixed", "--groups", "--json").json
    assert sum(group["count"] for group in groups["errors"]) == 31 - numbers["succeeded"]
    for group in groups["errors"]:
        found = shell("results", "mixed", "--filter", group["filter"], "--only", "failed", "--json").json
        assert len(found) == group["count"]
    assert groups["errors"][0]["error_type"] in shell("results", "mixed", "--groups").text
    failed = shell("results", "mixed", "--only", "failed", "--stats", "--json").json
    assert failed["rows"] == 31 - numbers["succeeded"]


def test_all_batches_are_searched(ended: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "second.jsonl", *(request(f"second-{number}") for number in range(12)))
    assert shell("submit", file, "--yes").code == 0
    ended.control(end="all")
    assert shell("sync").code == 0
    rows = [row for job in ("mixed", "second") for row in shell("results", job, "--json").json]
    word = next(row["text"].split()[0] for row in rows if row["text"])
    wanted = {
        (row["batch_id"], row["custom_id"])
        for row in rows
        if word.casefold() in (row["text"] or row["error_message"] or "").casefold()
    }
    hits = shell("search", word.upper(), "--json").json
    assert {(hit["batch_id"], hit["custom_id"]) for hit in hits} == wanted
    assert all(word.casefold() in hit["excerpt"].casefold() for hit in hits)
    assert hits[-1]["name"] == "mixed"
    text = shell("search", word).text
    assert all(custom_id in text for _, custom_id in wanted)
    of_mixed = sum(hit["name"] == "mixed" for hit in hits)
    assert of_mixed > 1
    assert f"… and {of_mixed - 1} more" in shell("search", word, "--limit", "1").text
    nothing = shell("search", "no such text")
    assert (nothing.code, nothing.stdout) == (0, b"")
    assert "Nothing was found." in nothing.stderr
    assert shell("search", "(", "--regex").code == 2
    assert shell("search", "no such text", "--json").json == []
