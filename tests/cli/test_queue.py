"""`queue`, and what `retry` and `show` say of rows that failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Server, Shell, request, write_lines

EDITOR = """\
import json, sys
path = sys.argv[-1]
with open(path) as file:
    text = file.read()
with open(path, "w") as file:
    file.write({change})
"""


@pytest.fixture
def failed(server: Server, shell: Shell, tmp_path: Path) -> Server:
    """Two jobs: `rivers`, of which 3 rows expired, and `invalid`, with 2 rows whose model is not known."""
    rivers = write_lines(tmp_path / "rivers.jsonl", *(request(f"row-{number}") for number in range(3)))
    lines = [
        request(f"bad-{number}", model="claude-no-such-model", metadata={"user_id": "u"}) for number in range(2)
    ]
    invalid = write_lines(tmp_path / "invalid.jsonl", *lines)
    server.control(settings={"expire_rate": 1.0})
    for file in (rivers, invalid):
        assert shell("submit", file, "--yes").code == 0
    server.control(settings={"expire_rate": 0.0}, end="all")
    assert shell("sync").code == 0
    return server


def edit_with(monkeypatch: pytest.MonkeyPatch, folder: Path, change: str) -> None:
    script = folder / "editor.py"
    script.write_text(EDITOR.replace("{change}", change), encoding="utf-8")
    monkeypatch.setenv("VISUAL", f"python3 {script}")


def states(shell: Shell) -> dict[str, str]:
    return {row["custom_id"]: row["state"] for row in shell("queue", "list", "--rows", "--json").json}


def test_what_waits_is_listed_by_cause(failed: Server, shell: Shell) -> None:
    groups = shell("queue", "list", "--json").json
    listed = {(group["name"], group["cause"], group["verdict"], group["count"], group["state"]) for group in groups}
    assert listed == {
        ("rivers", "expired", "resend", 3, "waiting"),
        ("invalid", "not_found_error", "edit_first", 2, "waiting"),
    }
    assert all(group["why"] and group["attempt"] == 1 and group["edited"] == 0 for group in groups)
    text = shell("queue", "list").text
    assert "edit first" in text
    assert "It was never answered." in text
    rows = shell("queue", "list", "rivers", "--rows", "--json").json
    assert [(row["custom_id"], row["tries"], row["request"]) for row in rows] == [
        (f"row-{number}", 1, "known") for number in range(3)
    ]
    assert "bad-1" in shell("queue", "list", "--rows").text


def test_an_empty_queue(server: Server, shell: Shell) -> None:
    assert "Nothing waits" in shell("queue", "list").stderr
    assert shell("queue", "list", "--json").json == []
    refused = shell("queue", "run", "--yes")
    assert (refused.code, "Nothing in the queue" in refused.stderr) == (1, True)


def test_everything_that_can_go_out_does(failed: Server, shell: Shell) -> None:
    dry = shell("queue", "run", "--dry-run", "--json").json
    assert [(one["name"], one["rows"], one["batches"][0]["id"]) for one in dry] == [("rivers", 3, None)]
    asked = shell("queue", "run", tty=True, stdin=b"n\n")
    assert "Retry 3 of 5: 3 expired — about " in asked.stderr
    assert failed.asked("POST") == 2
    assert [one["rows"] for one in shell("queue", "run", "--yes", "--json").json] == [3]
    assert failed.asked("POST") == 3
    assert {group["name"] for group in shell("queue", "list", "--json").json} == {"invalid"}


def test_the_cap_is_for_all_jobs_together(failed: Server, shell: Shell) -> None:
    shell("queue", "edit", "--only", "not_found_error", "--set", "model=claude-haiku-4-5", "--set", "metadata=null")
    dry = shell("queue", "run", "--dry-run", "--json").json
    prices = [one["estimate"]["cost_usd_high"] for one in dry]
    assert len(prices) == 2
    refused = shell("queue", "run", "--yes", "--max-cost", str(max(prices) * 1.1))
    assert (refused.code, "more than" in refused.stderr) == (1, True)
    assert failed.asked("POST") == 2
    assert len(shell("queue", "run", "--yes", "--json", "--max-cost", str(sum(prices) * 1.1)).json) == 2


def test_rows_are_held_dropped_and_let_go(failed: Server, shell: Shell) -> None:
    assert shell("queue", "hold", "rivers", "--row", "row-0", "--json").json == {"rows": 1}
    assert "2 rows dropped" in shell("queue", "drop", "--only", "not_found_error").stderr
    assert states(shell) == {
        "row-0": "held",
        "row-1": "waiting",
        "row-2": "waiting",
        "bad-0": "dropped",
        "bad-1": "dropped",
    }
    retry = shell("retry", "rivers", "--dry-run", "--json")
    assert (retry.json["rows"], retry.json["set_aside"], retry.json["skipped"]) == (2, 1, 1)
    assert "Not sent: 1 held or dropped." in retry.stderr
    shell("queue", "release", "rivers")
    shell("queue", "restore", "invalid")
    assert set(states(shell).values()) == {"waiting"}
    assert "2 rows chosen" in shell("queue", "choose", "invalid").stderr
    assert [one["rows"] for one in shell("queue", "run", "--yes", "--json").json] == [2, 3]


@pytest.mark.parametrize("command", ["hold", "drop", "release", "restore", "choose", "edit"])
def test_it_has_to_be_said_which_rows(failed: Server, shell: Shell, command: str) -> None:
    assert shell("queue", command).code == 2
    none = shell("queue", command, "rivers", "--only", "billing_error")
    assert (none.code, "No row in the queue is like that" in none.stderr) == (1, True)


def test_a_group_is_changed_at_once(failed: Server, shell: Shell) -> None:
    changed = shell(
        "queue", "edit", "--only", "not_found_error", "--set", "model=claude-haiku-4-5", "--set", "metadata=null"
    )
    assert "2 rows changed" in changed.stderr
    assert [group["edited"] for group in shell("queue", "list", "invalid", "--json").json] == [2]
    assert "waiting, edited" in shell("queue", "list", "invalid").text
    assert shell("queue", "run", "invalid", "--yes", "--json").json[0]["rows"] == 2
    failed.control(end="all")
    shell("sync")
    assert {group["name"] for group in shell("queue", "list", "--json").json} == {"rivers"}
    sent = shell("results", "invalid", "--final", "--join", "--json").json[0]["request"]
    assert (sent["model"], "metadata" in sent) == ("claude-haiku-4-5", False)
    history = shell("show", "invalid", "--row", "bad-0", "--json").json
    assert [(one["attempt"], one["outcome"], one["edited"]) for one in history] == [
        (1, "errored", False),
        (2, "succeeded", True),
    ]
    text = shell("show", "invalid", "--row", "bad-0").text
    assert "2, edited" in text
    assert "not_found_error" in text


def test_a_request_is_changed_in_an_editor(
    failed: Server, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_with(monkeypatch, tmp_path, 'text.replace("claude-no-such-model", "claude-haiku-4-5")')
    one = shell("retry", "invalid", "--row", "bad-0", "--edit", "--yes", "--json")
    assert one.code == 0, one.stderr
    assert (one.json["rows"], one.json["attempt"]) == (1, 2)
    failed.control(end="all")
    shell("sync")
    both = shell("queue", "edit", "rivers")
    assert (both.code, "Nothing was changed" in both.stderr) == (1, True)
    edit_with(monkeypatch, tmp_path, 'json.dumps(json.loads(text) | {"max_tokens": 99})')
    assert "3 rows changed" in shell("queue", "edit", "rivers").stderr
    rows = shell("queue", "list", "rivers", "--rows", "--json").json
    assert [row["edits"] for row in rows] == [{"max_tokens": 99}] * 3


def test_what_is_wrong_may_be_changed_on(
    failed: Server, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_with(monkeypatch, tmp_path, 'text + "!" if "!" not in text else text.replace("!", "").replace("64", "65")')
    refused = shell("queue", "edit", "rivers", "--row", "row-0")
    assert (refused.code, "no request" in refused.stderr) == (2, True)
    mended = shell("queue", "edit", "rivers", "--row", "row-0", tty=True, stdin=b"y\n")
    assert (mended.code, "1 row changed" in mended.stderr) == (0, True)
    rows = shell("queue", "list", "rivers", "--rows", "--json").json
    assert rows[0]["params"]["max_tokens"] == 65


def test_an_edit_that_cannot_be_sent_is_refused(failed: Server, shell: Shell) -> None:
    refused = shell("queue", "edit", "rivers", "--set", "max_tokens=many")
    assert (refused.code, "problem" in refused.stderr) == (1, True)
    assert [group["edited"] for group in shell("queue", "list", "rivers", "--json").json] == [0]


def test_truncated_answers_are_sent_again_with_more_room(server: Server, shell: Shell, tmp_path: Path) -> None:
    server.control(settings={"truncate_rate": 1.0})
    file = write_lines(tmp_path / "long.jsonl", request("a"), request("b"))
    shell("submit", file, "--yes")
    server.control(end="all")
    shell("sync")
    refused = shell("retry", "long", "--only", "truncated", "--yes")
    assert refused.code == 1
    assert "--set max_tokens=128" in refused.stderr
    server.control(settings={"truncate_rate": 0.0})
    sent = shell("retry", "long", "--only", "truncated", "--set", "max_tokens=128", "--row", "a", "--yes", "--json")
    assert (sent.json["rows"], sent.json["suggested_max_tokens"]) == (1, 128)


def test_rows_that_were_given_up_are_told(failed: Server, shell: Shell) -> None:
    for _ in range(2):
        shell("retry", "rivers", "--yes")
        failed.control(expire="all")
        shell("sync")
    refused = shell("retry", "rivers", "--yes", "--json")
    assert refused.code == 1
    assert "3 given up after the same error again and again" in refused.stderr
    assert shell("retry", "rivers", "--row", "row-1", "--dry-run", "--json").json["rows"] == 1
    assert [group["state"] for group in shell("queue", "list", "rivers", "--json").json] == ["given_up"]
    tree = shell("show", "rivers").text
    assert tree.count("attempt ") == 3
    assert "└─ attempt 3: 3 requests" in tree


def test_a_question_is_asked_before_anything_is_spooled(failed: Server, shell: Shell) -> None:
    failed.control(settings={"api_key": "another"})
    refused = shell("retry", "rivers", tty=True, stdin=b"y\n")
    assert refused.code == 1
    assert list((shell.home / "spool").iterdir()) == []


def test_the_policy_sends_and_tells_it(server: Server, shell: Shell, tmp_path: Path) -> None:
    shell.home.mkdir(exist_ok=True)
    (shell.home / "config.toml").write_text('[retry]\nauto = "resend"\nbackoff_minutes = 0\n', encoding="utf-8")
    file = write_lines(tmp_path / "rivers.jsonl", request("a"), request("b"))
    shell("submit", file, "--yes")
    server.control(expire="all")
    found = shell("sync", "--json")
    assert len(found.json["retried"]) == 1
    server.control(expire="all")
    assert "rivers: 2 failed rows sent again" in shell("sync").stderr
    assert json.loads(shell("show", "rivers", "--json").stdout)["attempt"] == 3


def test_what_the_policy_may_not_pay_for_is_told(failed: Server, shell: Shell) -> None:
    (shell.home / "config.toml").write_text(
        '[retry]\nauto = "resend"\nbackoff_minutes = 0\nmax_cost_usd = 0\n', encoding="utf-8"
    )
    done = shell("sync")
    assert done.code == 0
    assert "rivers: 3 rows not sent again by themselves" in done.stderr
    assert failed.asked("POST") == 2
