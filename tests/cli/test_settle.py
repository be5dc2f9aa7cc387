"""A create whose answer does not come is settled by looking, never by sending again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import BATCHES, Server, Shell, request, write_lines

CREATE = {"method": "POST", "path": BATCHES}


@pytest.fixture
def unclear(server: Server, shell: Shell, requests_file: Path) -> Server:
    """A submission `rivers` that arrived, and whose answer was lost."""
    server.control(faults=[{"kind": "drop_after", **CREATE}])
    done = shell("submit", requests_file, "--yes")
    assert done.code == 4, done.stderr
    assert "batchtui settle" in done.stderr
    assert server.asked("POST") == 1
    return server


def test_the_batch_it_became_is_offered_and_adopted(unclear: Server, shell: Shell) -> None:
    shown = shell("settle", "--json")
    assert shown.code == 4
    (submission,) = shown.json
    assert (submission["state"], submission["requests"]) == ("unclear", 10)
    (candidate,) = submission["candidates"]
    assert candidate["id"] in shell("settle").text

    assert shell("settle", "--adopt", candidate["id"]).code == 2
    adopted = shell("settle", "rivers", "--adopt", candidate["id"][:20], "--yes", "--json")
    assert adopted.code == 0, adopted.stderr
    assert (adopted.json[0]["name"], adopted.json[0]["requests"]) == ("rivers", "known")
    assert shell("settle").code == 0
    unclear.control(end="all")
    assert shell("watch", "rivers", "--interval", "0.05").code == 0
    assert unclear.asked("POST") == 1


def test_watch_and_list_mention_it(unclear: Server, shell: Shell) -> None:
    assert "unclear" in shell("list").stderr
    assert "unclear" in shell("sync").stderr


def test_it_can_be_given_up(unclear: Server, shell: Shell) -> None:
    assert shell("settle", "--discard").code == 2
    assert shell("settle", "--discard", "--yes").code == 0
    assert shell("settle", "--json").json == []
    assert list((shell.home / "spool").iterdir()) == []


def test_it_is_sent_again_only_if_the_user_says_so(server: Server, shell: Shell, requests_file: Path) -> None:
    server.control(faults=[{"kind": "drop_before", **CREATE}])
    assert shell("submit", requests_file, "--yes").code == 4
    asked = server.asked("POST")
    question = shell("settle", "--resend", tty=True, stdin=b"n\n")
    assert question.code == 1
    for part in ("10 requests", "$", "pays twice", server.base_url, "profile default"):
        assert part in question.stderr
    assert server.asked("POST") == asked
    assert shell("settle", "--resend", "--yes", "--read-only").code == 1
    sent = shell("settle", "--resend", "--yes", "--json")
    assert sent.code == 0, sent.stderr
    assert sent.json[0]["name"] == "rivers"
    assert server.asked("POST") == asked + 1


def test_a_refused_part_is_kept_as_a_draft(server: Server, shell: Shell, requests_file: Path) -> None:
    server.control(faults=[{"kind": "refuse", "status": 403, "error_type": "permission_error", **CREATE}])
    refused = shell("submit", requests_file, "--yes")
    assert refused.code == 1
    shown = shell("settle", "--json")
    assert shown.code == 0
    assert shown.json[0]["state"] == "draft"
    assert "sent" not in shell("settle").text
    assert "draft" in shell("list").stderr
    assert shell("settle", "rivers", "--resend", "--yes").code == 0
    assert shell("list", "--json").json[0]["name"] == "rivers"


def test_what_the_api_has_no_room_for_waits_and_watch_sends_it(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    server = start(duration_seconds=0.2)
    full = {"kind": "refuse", "status": 429, "error_type": "rate_limit_error", "retry_after": 1, **CREATE}
    server.control(faults=[full])
    sent = shell("submit", requests_file, "--yes", "--json")
    assert sent.code == 0, sent.stderr
    assert [batch["id"] for batch in sent.json["batches"]] == [None]
    assert shell("settle", "--json").json[0]["state"] == "waiting"
    assert "waiting for room" in shell("list").stderr
    assert shell("show", "rivers", "--json").json["status"] == "waiting"
    watched = shell("watch", "rivers", "--interval", "0.05", "--json")
    assert watched.code == 0, watched.stderr
    assert [batch["results"] for batch in watched.json] == ["complete"]
    assert server.asked("POST") == 2


def test_ids_that_do_not_fit(unclear: Server, shell: Shell, tmp_path: Path) -> None:
    assert shell("settle", "nope").code == 2
    missing = shell("settle", "--adopt", "msgbatch_nope", "--yes")
    assert missing.code == 1
    other = write_lines(tmp_path / "other.jsonl", request("row-1"))
    other_id = shell("submit", other, "--yes", "--json").json["batches"][0]["id"]
    wrong = shell("settle", "rivers", "--adopt", other_id, "--yes")
    assert wrong.code == 1
    assert "1 requests" in wrong.stderr
    assert shell("settle", "--json").json[0]["state"] == "unclear"


def test_the_cap_in_the_settings_holds_for_what_is_sent_again(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    server.control(faults=[{"kind": "refuse", "status": 409, "method": "POST", "path": BATCHES}])
    assert shell("submit", requests_file, "--yes").code == 1
    (shell.home / "config.toml").write_text("max_cost_usd = 0.0000001\n")
    for way in ("--resend", "--resume"):
        done = shell("settle", way, "--yes")
        assert done.code == 1, way
        assert "more than" in done.stderr
    assert server.asked("POST") == 1


def sampled(shell: Shell, file: Path, *faults: dict[str, object], server: Server) -> int:
    """Submit three of ten requests as a sample, with these faults; return the exit code."""
    server.control(faults=[{**fault, **CREATE} for fault in faults])
    return shell("submit", file, "--sample", "3", "--yes").code


def states(shell: Shell) -> list[tuple[str, int]]:
    return [(one["state"], one["requests"]) for one in shell("settle", "--json").json]


def test_a_sample_is_watched_to_its_end_and_the_rest_is_told(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    assert sampled(shell, requests_file, server=server) == 0
    server.control(end="all")
    done = shell("watch", "rivers", "--interval", "0.05")
    assert done.code == 0, done.stderr
    assert "7 requests held: `batchtui settle rivers --resume`" in done.stderr
    shell("settle", "--resume", "--yes")
    server.control(end="all")
    assert "held" not in shell("watch", "rivers", "--interval", "0.05").stderr


def test_failed_rows_of_a_sample_are_told_by_the_exit_code(
    start: Callable[..., Server], shell: Shell, requests_file: Path
) -> None:
    server = start(error_rate=1.0)
    assert sampled(shell, requests_file, server=server) == 0
    server.control(end="all")
    done = shell("watch", "rivers", "--interval", "0.05")
    assert done.code == 3, done.stderr
    assert "7 requests held" in done.stderr


def test_a_sample_that_was_not_sent_is_not_done(server: Server, shell: Shell, requests_file: Path) -> None:
    assert sampled(shell, requests_file, {"kind": "refuse", "status": 403}, server=server) == 1
    assert "10 requests not sent" in shell("watch", "rivers").stderr
    sample, _rest = shell("settle", "--json").json
    assert shell("settle", sample["submission"], "--discard", "--yes").code == 0
    done = shell("watch", "rivers")
    assert (done.code, "7 requests not sent" in done.stderr) == (1, True)


def test_what_is_held_does_not_go_out_while_the_sample_is_unclear(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    assert sampled(shell, requests_file, {"kind": "drop_before"}, server=server) == 4
    refused = shell("settle", "rivers", "--resume", "--yes")
    assert refused.code == 1
    assert "unclear" in refused.stderr
    assert states(shell) == [("unclear", 3), ("draft", 7)]
    assert shell("settle", "rivers", "--resend", "--yes").code == 0
    assert states(shell) == [("draft", 7)]
    assert shell("settle", "rivers", "--resend", "--yes").code == 1
    assert server.asked("POST") == 2
    assert shell("settle", "rivers", "--resume", "--yes").code == 0
    assert (states(shell), server.asked("POST")) == ([], 3)


def test_a_part_that_was_never_sent_is_no_batch(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(6)))
    assert sampled(shell, file, server=server) == 0
    (sample,) = shell("list", "--json").json
    refused = shell("settle", "rivers", "--adopt", sample["id"], "--yes")
    assert refused.code == 1
    assert "never sent" in refused.stderr
    assert states(shell) == [("draft", 3)]


def test_drafts_for_another_server_stay(start: Callable[..., Server], shell: Shell, requests_file: Path) -> None:
    there = start()
    assert sampled(shell, requests_file, server=there) == 0
    here = start()
    for way in ("--resume", "--adopt=msgbatch_1"):
        refused = shell("settle", "rivers", way, "--yes")
        assert refused.code == 1, way
    refused = shell("settle", "rivers", "--resume", "--yes")
    assert f"--base-url {there.base_url}" in refused.stderr
    assert here.base_url not in refused.stderr.partition("this is")[0]
    assert states(shell) == [("draft", 7)]
    assert shell("settle", "--resume", "--yes", "--base-url", there.base_url).code == 0
    assert (there.asked("POST"), here.asked("POST")) == (2, 0)


def test_the_cap_is_for_all_that_is_sent_again(server: Server, shell: Shell, requests_file: Path) -> None:
    server.control(faults=[{"kind": "refuse", "status": 409, "times": 2, **CREATE}])
    for name in ("one", "two"):
        assert shell("submit", requests_file, "--name", name, "--yes").code == 1
    (shell.home / "config.toml").write_text("max_cost_usd = 0.002\n")
    refused = shell("settle", "--resend", "--yes")
    assert (refused.code, "more than" in refused.stderr) == (1, True)
    assert server.asked("POST") == 2
    assert shell("settle", "one", "--resend", "--yes").code == 0


def test_what_resumed_waits_for_is_told(server: Server, shell: Shell, requests_file: Path) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text("max_queued_requests = 5\n")
    assert sampled(shell, requests_file, server=server) == 0
    resumed = shell("settle", "rivers", "--resume", "--yes")
    assert resumed.code == 0
    assert "7 requests wait for room at the API; `batchtui watch rivers`" in resumed.stderr
    assert states(shell) == [("waiting", 7)]


def test_what_is_read_only_drops_nothing(server: Server, shell: Shell, requests_file: Path) -> None:
    assert sampled(shell, requests_file, server=server) == 0
    assert shell("settle", "rivers", "--discard", "--yes", "--read-only").code == 1
    assert states(shell) == [("draft", 7)]


def test_what_the_api_refuses_is_kept_and_can_be_written_out(
    server: Server, shell: Shell, requests_file: Path, tmp_path: Path
) -> None:
    server.control(faults=[{"kind": "refuse", "status": 400, **CREATE}])
    refused = shell("submit", "-", "--name", "piped", "--yes", stdin=requests_file.read_bytes())
    assert (refused.code, "batchtui settle" in refused.stderr) == (1, True)
    shown = shell("settle").text
    assert "piped, attempt 1" in shown
    assert "400" in shown
    shell("sync")
    assert server.asked("POST") == 1
    path = tmp_path / "again.jsonl"
    assert shell("settle", "piped", "--out", path).code == 0
    assert path.read_bytes().splitlines() == requests_file.read_bytes().splitlines()
    assert shell("settle", "piped", "--out", path).code != 0
    assert shell("settle", "piped", "--discard", "--yes").code == 0
    assert shell("settle", "--json").json == []


def test_what_failed_of_a_sample_is_retried_while_the_rest_is_held(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    assert shell("submit", requests_file, "--sample", "3", "--yes").code == 0
    server.control(expire="all")
    shell("sync")
    assert shell("retry", "rivers", "--yes", "--json").json["rows"] == 3
    assert states(shell) == [("draft", 7)]
    server.control(end="all")
    shell("sync")
    assert shell("settle", "rivers", "--resume", "--yes").code == 0
    server.control(end="all")
    shell("sync")
    final = shell("results", "rivers", "--final", "--json").json
    assert sorted(row["custom_id"] for row in final) == sorted(f"row-{number}" for number in range(10))
    assert {row["type"] for row in final} == {"succeeded"}


def test_a_resend_finds_no_room(server: Server, shell: Shell, requests_file: Path) -> None:
    assert shell("submit", requests_file, "--yes").code == 0
    server.control(faults=[{"kind": "refuse", "status": 403, **CREATE}])
    assert shell("submit", requests_file, "--name", "second", "--yes").code == 1
    (shell.home / "config.toml").write_text("max_queued_requests = 15\n")
    refused = shell("settle", "second", "--resend", "--yes")
    assert (refused.code, "no room" in refused.stderr, server.asked("POST")) == (1, True, 2)
    server.control(end="all")
    shell("sync")
    assert shell("settle", "second", "--resend", "--yes").code == 0
