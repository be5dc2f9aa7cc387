from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines


@pytest.fixture
def foreign(server: Server, shell: Shell, requests_file: Path, tmp_path: Path) -> str:
    """A batch that another home has sent; its id."""
    sent = shell("submit", requests_file, "--yes", "--json", "--home", tmp_path / "other home")
    return str(sent.json["batches"][0]["id"])


def test_a_batch_made_elsewhere_gets_its_requests(
    server: Server, shell: Shell, foreign: str, requests_file: Path
) -> None:
    assert shell("adopt", foreign, "--json").json["requests"] == "unknown"
    server.control(expire="all")
    assert shell("watch", foreign, "--interval", "0.05").code == 3
    refused = shell("retry", foreign, "--yes")
    assert refused.code == 1
    assert "not known" in refused.stderr
    adopted = shell("adopt", foreign, "--requests", requests_file, "--json")
    assert adopted.code == 0, adopted.stderr
    assert (adopted.json["requests"], adopted.json["model"]) == ("known", ["claude-haiku-4-5"])
    assert [row["custom_id"] for row in shell("results", foreign, "--json").json] == [
        f"row-{number}" for number in range(10)
    ]
    assert shell("retry", foreign, "--yes", "--json").json["resend"] == 10
    again = shell("adopt", foreign, "--requests", requests_file)
    assert again.code == 1
    assert "known already" in again.stderr


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([request("row-1")], "has 1 requests"),
        ([request(f"other-{number}") for number in range(10)], "lacks 10"),
        ([request("row-1")] * 10, "custom_id-duplicate"),
        ([b"junk"] * 10, "json"),
        ([{"custom_id": f"row-{number}"} for number in range(10)], "params-missing"),
        ([{"params": {}}] * 10, "custom_id-missing"),
    ],
)
def test_a_file_that_it_was_not_made_from(
    server: Server, shell: Shell, foreign: str, tmp_path: Path, *, lines: list[object], says: str
) -> None:
    server.control(end="all")
    file = write_lines(tmp_path / "wrong.jsonl", *lines)
    done = shell("adopt", foreign, "--requests", file)
    assert done.code == 1
    assert says in done.stderr
    assert str(file) in done.stderr
    assert shell("show", foreign, "--json").json["requests"] == "unknown"
    assert not list(shell.home.glob("batches/*/requests.jsonl"))
    assert list((shell.home / "spool").iterdir()) == []


def test_a_part_of_the_file_is_retried_and_the_rest_is_named(
    server: Server, shell: Shell, foreign: str, requests_file: Path, tmp_path: Path
) -> None:
    lines = requests_file.read_bytes().splitlines()
    some = write_lines(tmp_path / "some.jsonl", *lines[2:6])
    strange = write_lines(tmp_path / "strange.jsonl", *lines[2:6], request("nobody"))
    early = shell("adopt", foreign, "--requests", some, "--partial")
    assert (early.code, "are not here" in early.stderr) == (1, True)
    server.control(expire="all")
    shell("sync")
    whole = shell("adopt", foreign, "--requests", some)
    assert (whole.code, "--partial" in whole.stderr) == (1, True)
    other = shell("adopt", foreign, "--requests", strange, "--partial")
    assert (other.code, "nobody" in other.stderr) == (1, True)
    assert shell("adopt", foreign, "--requests", some, "--partial").code == 0
    rows = shell("queue", "list", "--rows", "--json").json
    assert {row["custom_id"] for row in rows if row["request"] == "known"} == {f"row-{n}" for n in range(2, 6)}
    assert len(rows) == 10
    retry = shell("retry", foreign, "--yes", "--json")
    assert (retry.json["rows"], retry.json["without_request"], retry.json["skipped"]) == (4, 6, 6)
    assert "6 without a known request" in retry.stderr
    server.control(end="all")
    assert shell("sync").code == 0, "what is not known of it is no mismatch"
    left = shell("queue", "list", "--rows", "--json").json
    assert {row["request"] for row in left} == {"unknown"}
    assert len(left) == 6


@pytest.mark.parametrize("way", ["the rest", "with some again", "all of it"])
def test_the_rest_of_a_file_follows(
    server: Server, shell: Shell, foreign: str, requests_file: Path, tmp_path: Path, *, way: str
) -> None:
    lines = requests_file.read_bytes().splitlines()
    some = write_lines(tmp_path / "some.jsonl", *lines[2:6])
    server.control(expire="all")
    shell("sync")
    assert "4 of 10 requests are known" in shell("adopt", foreign, "--requests", some, "--partial").stderr
    again = shell("adopt", foreign, "--requests", write_lines(tmp_path / "more.jsonl", lines[0]))
    assert (again.code, "With those known before they are 5" in again.stderr) == (1, True)
    shell("retry", foreign, "--yes")
    server.control(end="all")
    shell("sync")
    chosen = {"the rest": lines[:2] + lines[6:], "with some again": lines[:4] + lines[6:], "all of it": lines}[way]
    rest = write_lines(tmp_path / "rest.jsonl", *chosen)
    assert shell("adopt", foreign, "--requests", rest).code == 0
    known = shell("adopt", foreign, "--requests", rest)
    assert (known.code, "are known already" in known.stderr) == (1, True)
    retried = shell("retry", foreign, "--yes", "--json").json
    assert (retried["attempt"], retried["rows"], retried["without_request"]) == (3, 6, 0)
    newest = shell.home / "batches" / retried["batches"][0]["id"] / "requests.jsonl"
    assert sorted(newest.read_bytes().splitlines()) == sorted(lines[:2] + lines[6:])
    server.control(end="all")
    assert shell("sync").code == 0
    assert shell("queue", "list", "--json").json == []
    final = shell("results", foreign, "--final", "--json").json
    assert sorted(row["custom_id"] for row in final) == [f"row-{n}" for n in range(10)]
    assert {row["type"] for row in final} == {"succeeded"}


def test_a_job_of_several_batches_is_not_one(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    server.control(expire="all")
    shell("retry", "rivers", "--yes")
    done = shell("adopt", "rivers", "--requests", requests_file)
    assert done.code == 1
    assert "2 batches" in done.stderr
