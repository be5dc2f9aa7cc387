"""`diff`, `judge` and `prefer` at a shell."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Server, Shell, request, write_lines

HOSTILE = "\x1b]0;owned\x07 \u202e{{ 7 * 7 }}"


def answer(custom_id: str, text: str) -> dict[str, Any]:
    message = {
        "model": "claude-haiku-4-5-20251001",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }
    return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}


def failed(custom_id: str) -> dict[str, Any]:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": HOSTILE}}
    return {"custom_id": custom_id, "result": {"type": "errored", "error": error}}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "old.jsonl",
        answer("same", "As it was."),
        answer("words", "one two three\nsame line\n"),
        answer("json", '{"label": "spam", "score": 1}'),
        answer("broken", "fine"),
        answer("gone", HOSTILE),
        answer("space", "a  b"),
    )


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "new.jsonl",
        answer("words", "one 2 three\nsame line\n"),
        answer("json", '{"score": 1, "label": "ham"}'),
        answer("same", "As it was."),
        failed("broken"),
        answer("fresh", HOSTILE),
        answer("space", "a b"),
    )


def test_what_differs_is_shown_and_is_the_exit_code(shell: Shell, old: Path, new: Path) -> None:
    done = shell("diff", old, new)
    assert done.code == 3
    assert "3 changed, 1 outcome changed, 1 only in A, 1 only in B, 1 same" in done.text
    assert "- one two three\n+ one 2 three\n  same line\n" in done.text
    assert '- label: "spam"\n+ label: "ham"\n' in done.text
    assert "succeeded → errored" in done.text
    assert "As it was." not in done.text
    assert "\x1b" not in done.text
    assert "\u202e" not in done.text
    assert shell("diff", old, old).code == 0
    missing = shell("diff", old, "missing.jsonl")
    assert (missing.code, "missing.jsonl" in missing.stderr) == (2, True)


def test_only_where_and_limit_choose_what_is_shown(shell: Shell, old: Path, new: Path) -> None:
    def ids(*options: str) -> tuple[int, list[str]]:
        done = shell("diff", old, new, "--json", *options)
        return done.code, [row["custom_id"] for row in done.json["rows"]]

    assert ids() == (3, ["words", "json", "broken", "gone", "space", "fresh"])
    assert ids("--only", "changed") == (3, ["words", "json", "space"])
    assert ids("--only", "outcome") == (3, ["broken"])
    assert ids("--only", "left") == (3, ["gone"])
    assert ids("--only", "right") == (3, ["fresh"])
    assert ids("--only", "same") == (3, ["same"])
    assert ids("--limit", "2") == (3, ["words", "json"])
    assert ids("--where", "error:overloaded") == (3, ["broken"])
    assert ids("--only", "changed", "--sort", "custom_id") == (3, ["json", "space", "words"])
    assert ids("--only", "changed", "--sort", "change")[1][-1] == "words"


def test_json_is_as_promised(shell: Shell, old: Path, new: Path) -> None:
    found = shell("diff", old, new, "--json").json
    counts = {"same": 1, "changed": 3, "only_a": 1, "only_b": 1, "outcome_changed": 1}
    assert {name: found[name] for name in counts} == counts
    assert (found["a"], found["b"]) == ("old.jsonl", "new.jsonl")
    assert found["totals"]["a"]["rows"] == 6
    assert found["totals"]["b"]["failed"] == 1
    words = found["rows"][0]
    assert {*words} >= {"custom_id", "kind", "a_type", "b_type", "similarity", "diff"}
    assert words["diff"] == "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-one two three\n+one 2 three\n same line\n"
    stat = shell("diff", old, new, "--stat", "--json").json
    assert "rows" not in stat
    assert stat["request_changes"]["compared"] == 0
    assert stat["preferred"]["by_person"]["a"] == 0


def test_what_changed_is_never_wholly_alike(shell: Shell, tmp_path: Path) -> None:
    a = write_lines(tmp_path / "a.jsonl", answer("x", "word " * 300))
    b = write_lines(tmp_path / "b.jsonl", answer("x", "word " * 300 + "!"))
    assert "x  changed, 99% alike" in shell("diff", a, b).text


def test_white_space_can_be_ignored(shell: Shell, old: Path, new: Path, tmp_path: Path) -> None:
    done = shell("diff", old, new, "--ignore-space", "--only", "changed")
    assert "(1 of the changed in white space only)" in done.text
    assert "\nspace " not in done.text
    a = write_lines(tmp_path / "a.jsonl", answer("x", "a  b\r\nc"))
    b = write_lines(tmp_path / "b.jsonl", answer("x", "a b\nc\n"))
    assert shell("diff", a, b).code == 3
    assert shell("diff", a, b, "--ignore-space").code == 0


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json", "report.diff", "report.txt"])
def test_a_file_is_written_by_its_name(shell: Shell, old: Path, new: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    done = shell("diff", old, new, "--out", path)
    assert (done.code, done.stdout) == (3, b""), done.stderr
    assert f"6 rows written to {path}" in done.stderr
    again = shell("diff", old, new, "--out", path)
    assert (again.code, "exists" in again.stderr) == (2, True)
    assert shell("diff", old, new, "--out", path, "--force").code == 3
    format_ = {"txt": "text"}.get(path.suffix[1:], path.suffix[1:])
    streamed = shell("diff", old, new, "--format", format_).stdout
    assert path.read_bytes() == streamed


def test_what_does_not_go_together_is_refused(shell: Shell, old: Path, new: Path, tmp_path: Path) -> None:
    assert shell("diff", old, new, "--json", "--format", "html").code == 2
    assert shell("diff", old, new, "--stat", "--out", tmp_path / "x.html").code == 2
    assert shell("diff", old, new, "--stat", "--only", "changed").code == 2
    assert shell("diff", old).code == 2


@pytest.mark.parametrize(
    ("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_only_on_a_terminal_that_wants_them(
    old: Path, new: Path, environ: dict[str, str], coloured: bool
) -> None:
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "batchtui", "diff", str(old), str(new)],
            env={"TERM": "xterm-256color", **{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **environ},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
        ) as process:
            os.close(theirs)
            shown = b""
            while piece := read(ours):
                shown += piece
            assert process.wait() == 3, process.stderr
    finally:
        os.close(ours)
    assert (b"\x1b[31m- one " in shown) == coloured
    assert (b"\x1b[7mtwo\x1b[27m" in shown) == coloured
    assert b"\x1b]0;owned" not in shown
    assert "\u202e".encode() not in shown


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        # The other end is closed, which Linux tells as an error.
        return b""


@pytest.fixture
def two_jobs(start: Callable[..., Server], shell: Shell, tmp_path: Path) -> Server:
    """Jobs `before` and `after` of the same rows with other params, brought home."""
    server = start(seed=4, variation_rate=1.0)
    for name, more in (("before", {}), ("after", {"max_tokens": 80, "system": "Be brief."})):
        lines = [request(f"row-{number}", f"Describe river {number}.", **more) for number in range(6)]
        assert shell("submit", write_lines(tmp_path / f"{name}.jsonl", *lines), "--yes").code == 0
    server.control(end="all")
    assert shell("sync").code == 0
    return server


def test_stat_names_what_was_asked_differently(two_jobs: Server, shell: Shell) -> None:
    done = shell("diff", "before", "after", "--stat")
    assert done.code == 3
    assert "6 requests compared, 0 equal" in done.text
    assert re.search(r"(?m)^max_tokens +64 +80 +all rows\nsystem +Be brief\. +all rows$", done.text)
    assert "row-0" not in done.text


def test_a_person_prefers_and_changes_their_mind(two_jobs: Server, shell: Shell) -> None:
    assert "A better 0, tie 0, B better 1" in shell("prefer", "before", "after", "row-0", "right").stderr
    assert shell("prefer", "before", "after", "row-1", "tie").code == 0
    assert "A person: A better 0, tie 1, B better 1" in shell("diff", "before", "after", "--stat").text
    assert "A person: A better 1, tie 1, B better 0" in shell("diff", "after", "before", "--stat").text
    assert shell("prefer", "before", "after", "row-0", "none").code == 0
    found = shell("diff", "before", "after", "--json").json
    assert [row["preferred"] for row in found["rows"]][:2] == [None, "tie"]
    missing = shell("prefer", "before", "after", "row-99", "left")
    assert (missing.code, "Neither side has a row" in missing.stderr) == (2, True)
    assert shell("prefer", "before", "after", "row-0", "best").code == 2


def test_judging_asks_sends_and_comes_back(two_jobs: Server, shell: Shell) -> None:
    posts = two_jobs.asked("POST")
    dry = shell("judge", "before", "after", "--dry-run", "--json")
    assert (dry.code, two_jobs.asked("POST")) == (0, posts)
    assert "a dry run" in dry.stderr
    assert "not judged" not in dry.stderr
    refused = shell("judge", "before", "after")
    assert (refused.code, two_jobs.asked("POST")) == (2, posts)
    assert shell("judge", "before", "after", "--max-cost", "0.000001", "--yes").code == 1
    assert shell("judge", "before", "after", "--yes", "--read-only").code == 1
    sent = shell("judge", "before", "after", "--yes", "--limit", "4", "--json")
    assert sent.code == 0, sent.stderr
    assert "“judge: before vs after”" in sent.stderr
    assert [batch["requests"] for batch in sent.json["batches"]] == [4]
    assert two_jobs.asked("POST") == posts + 1
    assert "4 still to come" in shell("diff", "before", "after", "--stat").text
    two_jobs.control(end="all")
    assert shell("watch", "judge: before vs after").code == 0
    by_judge = shell("diff", "before", "after", "--stat", "--json").json["preferred"]["by_judge"]
    assert by_judge["a"] + by_judge["b"] + by_judge["ties"] == 4
    assert by_judge["waiting"] == by_judge["unreadable"] == 0
    judged = [row["judged"] for row in shell("diff", "before", "after", "--json").json["rows"]]
    assert all(judged[:4])
    assert judged[4:] == [None, None]
    turned = [row["judged"] for row in shell("diff", "after", "before", "--json").json["rows"]]
    other = {"a": "b", "b": "a", "tie": "tie", None: None}
    assert turned == [other[verdict] for verdict in judged]


def test_nothing_to_judge_is_said(shell: Shell, server: Server, old: Path, new: Path) -> None:
    assert "1 row not judged: there are not two answers" in shell("judge", old, new, "--dry-run").stderr
    done = shell("judge", old, old, "--yes")
    assert done.code == 1
    assert "nothing to judge" in done.stderr


def test_a_template_for_other_rows_is_refused(two_jobs: Server, shell: Shell, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "params:\n  model: claude-haiku-4-5\n  max_tokens: 9\n  messages:\n"
        '    - {role: user, content: "{{ row.nothing }}"}\n'
    )
    done = shell("judge", "before", "after", "--yes", "-t", own)
    assert done.code == 1
    assert "nothing" in done.stderr
    assert json.loads(shell("list", "--json").stdout)[0]["name"] == "after"


def test_help_says_what_the_exit_codes_are(shell: Shell) -> None:
    assert "Exit code 3" in shell("diff", "--help").text
    assert "something differs (diff)" in " ".join(shell("--help").text.split())
    for command in ("diff", "judge", "prefer"):
        assert f"\n  {command} " in shell("--help").text


def test_what_docs_say_can_be_typed(
    two_jobs: Server, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell("results", "before", "--format", "jsonl", "--out", "golden.jsonl").code == 0
    assert shell("rename", "after", "tonight").code == 0
    page = (Path(__file__).parents[2] / "docs" / "compare.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^\$ batchtui (.+)$", page)
    assert len(commands) > 6
    for command in commands:
        renamed = "tonight" in command
        shell("rename", *(("after", "tonight") if renamed else ("tonight", "after")))
        done = shell(*shlex.split(command))
        assert done.code in ({3} if command.startswith("diff") else {0}), (command, done.stderr)
        assert done.stdout or done.stderr, command
