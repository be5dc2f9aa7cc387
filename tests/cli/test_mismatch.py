"""A batch taken for one that was sent, whose results then answer other requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import BATCHES, Server, Shell, request, write_lines


@pytest.fixture
def other_id(server: Server, shell: Shell, requests_file: Path, tmp_path: Path) -> str:
    """A batch of the same size from another home; here a submission `rivers` has got lost on the way."""
    file = write_lines(tmp_path / "lakes.jsonl", *(request(f"row-{number}") for number in range(7, 17)))
    sent = shell("submit", file, "--yes", "--json", "--home", tmp_path / "other home")
    server.control(faults=[{"kind": "drop_before", "method": "POST", "path": BATCHES}])
    assert shell("submit", requests_file, "--yes").code == 4
    return str(sent.json["batches"][0]["id"])


def test_it_is_told_when_the_results_come_and_ever_after(
    server: Server, shell: Shell, requests_file: Path, other_id: str
) -> None:
    assert shell("settle", "rivers", "--adopt", other_id, "--yes").code == 0
    server.control(end="all")
    told = shell("sync", "--json")
    assert told.code == 1
    assert told.json["downloaded"][0]["results"] == 10
    for done in (told, shell("show", "rivers"), shell("watch", "rivers"), shell("show", other_id, "--offline")):
        assert f"{other_id} is not the batch that was sent as rivers: 7 results in it" in done.stderr
        assert "are both kept" in done.stderr
    assert shell("watch", "rivers").code == 1
    assert shell("show", other_id, "--json").json["strangers"] == 7
    assert shell("sync").code == 0
    kept = shell.home / "batches" / other_id / "requests.jsonl"
    assert str(kept) in told.stderr
    assert kept.read_bytes() == requests_file.read_bytes()


def test_it_is_refused_if_the_results_are_here_already(
    server: Server, shell: Shell, requests_file: Path, other_id: str
) -> None:
    server.control(end="all")
    assert shell("sync").code == 0
    refused = shell("settle", "rivers", "--adopt", other_id, "--yes")
    assert refused.code == 1
    assert f"{other_id} is another batch: 7 results in it answer no request" in refused.stderr
    assert shell("settle", "--json").json[0]["state"] == "unclear"


def test_the_right_one_is_not_talked_about(server: Server, shell: Shell, requests_file: Path) -> None:
    server.control(faults=[{"kind": "drop_after", "method": "POST", "path": BATCHES}])
    assert shell("submit", requests_file, "--yes").code == 4
    batch_id = shell("settle", "--json").json[0]["candidates"][0]["id"]
    server.control(expire="all")
    assert shell("sync").code == 0
    assert shell("settle", "rivers", "--adopt", batch_id, "--yes").code == 0
    shown = shell("show", batch_id, "--json")
    assert (shown.json["strangers"], shown.stderr) == (0, "")
