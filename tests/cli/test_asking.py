"""Nothing is spent, canceled or deleted unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines


@pytest.fixture
def failed_job(server: Server, shell: Shell, tmp_path: Path) -> Server:
    """A job `failed` of three rows that all expired."""
    file = write_lines(tmp_path / "failed.jsonl", *(request(f"row-{number}") for number in range(3)))
    shell("submit", file, "--yes")
    server.control(expire="all")
    assert shell("watch", "failed", "--interval", "0.05").code == 3
    return server


def test_without_a_terminal_and_without_yes_it_refuses(
    failed_job: Server, shell: Shell, requests_file: Path
) -> None:
    before = shell.files()
    for command in (["submit", requests_file], ["retry", "failed"], ["key", "delete"]):
        done = shell(*command, stdin=b"y\n")
        assert done.code == 2, command
        assert "--yes" in done.stderr
    assert failed_job.asked("POST") == 1
    assert shell.files() == before


def test_cancel_refuses_too(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    assert shell("cancel", "rivers").code == 2
    assert shell("list", "--json").json[0]["status"] == "in_progress"


def test_a_question_names_count_size_price_profile_and_server(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    done = shell("submit", requests_file, "--name", "my rivers", tty=True, stdin=b"n\n")
    assert done.code == 1
    for part in ("10 requests", "kB", "“my rivers”", server.base_url, "profile default", "$", "?"):
        assert part in done.stderr
    assert "Nothing was sent." in done.stderr
    assert done.stdout == b""
    assert server.asked("POST") == 0
    assert shell.files() == {}


def test_yes_at_the_terminal_sends(server: Server, shell: Shell, requests_file: Path) -> None:
    done = shell("submit", requests_file, "--json", tty=True, stdin=b"y\n")
    assert done.code == 0, done.stderr
    assert len(done.json["batches"]) == 1
    assert server.asked("POST") == 1


def test_an_end_of_input_is_no_answer(server: Server, shell: Shell, requests_file: Path) -> None:
    assert shell("submit", requests_file, tty=True).code == 130
    assert server.asked("POST") == 0


def test_the_question_of_a_retry_groups_the_causes(failed_job: Server, shell: Shell) -> None:
    done = shell("retry", "failed", tty=True, stdin=b"n\n")
    assert done.code == 1
    assert "Retry 3 of 3: 3 expired — about " in done.stderr
    assert "error" not in done.stderr


def test_a_dry_run_shows_everything_and_leaves_nothing(
    failed_job: Server, shell: Shell, requests_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shell.files()
    sent = failed_job.asked("POST")
    retry = shell("retry", "failed", "--dry-run", "--json").json
    assert (retry["resend"], retry["batches"][0]["id"]) == (3, None)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    submit = shell("submit", requests_file, "--dry-run", "--json").json
    assert (submit["job"], submit["batches"][0]["requests"]) == (None, 10)
    assert submit["estimate"]["cost_usd_high"] > submit["estimate"]["cost_usd_low"] > 0
    assert "10 requests" in shell("submit", requests_file, "--dry-run").text
    assert failed_job.asked("POST") == sent
    assert shell.files() == before
    assert list((shell.home / "spool").iterdir()) == []


def test_a_cost_cap_holds(failed_job: Server, shell: Shell, requests_file: Path, tmp_path: Path) -> None:
    for command in (["submit", requests_file], ["retry", "failed"]):
        done = shell(*command, "--yes", "--max-cost", "0.000001")
        assert done.code == 1
        assert "--max-cost" in done.stderr
    unpriced = write_lines(tmp_path / "new.jsonl", request("row-1", model="claude-next"))
    done = shell("submit", unpriced, "--yes", "--max-cost", "100")
    assert done.code == 1
    assert "claude-next" in done.stderr
    assert failed_job.asked("POST") == 1
    assert shell("submit", requests_file, "--yes", "--max-cost", "1").code == 0


def test_read_only_does_not_send_and_not_cancel(server: Server, shell: Shell, requests_file: Path) -> None:
    shell("submit", requests_file, "--yes")
    for command in (["submit", requests_file], ["cancel", "rivers"], ["retry", "rivers"]):
        for arguments in (["--read-only", *command, "--yes"], [*command, "--yes", "--read-only"]):
            done = shell(*arguments)
            assert done.code == 1
            assert "read-only" in done.stderr
    assert server.asked("POST") == 1
    assert shell("list", "--read-only").code == 0
