"""What `submit` tells and offers before it sends, and jobs that go out in turns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batchtui.domain import split

from .conftest import Server, Shell, request, write_lines


def test_the_estimate_says_where_it_comes_from(server: Server, shell: Shell, requests_file: Path) -> None:
    done = shell("submit", requests_file, "--dry-run")
    assert "counted by the API on a sample" in done.text
    assert "standard price" in done.text
    server.control(faults=[{"kind": "refuse", "status": 404, "path": "/v1/messages/count_tokens", "times": 0}])
    assert "guessed from the length" in shell("submit", requests_file, "--dry-run").text
    assert server.asked("POST") == 0
    assert shell.files() == {}


def test_a_sample_is_spread_over_the_file(server: Server, shell: Shell, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "many.jsonl", *(request(f"row-{number}") for number in range(101)))
    done = shell("submit", file, "--sample", "3", "--yes", "--json")
    assert [(batch["requests"], batch["held"]) for batch in done.json["batches"]] == [(3, False), (98, True)]
    assert done.json["held"]["requests"] == 98
    assert done.json["held"]["estimate"]["cost_usd_high"] > done.json["estimate"]["cost_usd_high"] > 0
    sent = (shell.home / "batches" / done.json["batches"][0]["id"] / "requests.jsonl").read_text()
    assert [json.loads(line)["custom_id"] for line in sent.splitlines()] == ["row-0", "row-50", "row-100"]
    assert server.asked("POST") == 1
    resumed = shell("settle", "many", "--resume", "--yes", "--json")
    assert [batch["counts"]["total"] for batch in resumed.json] == [98]
    assert shell("settle", "--json").json == []


def test_the_question_tells_what_a_sample_holds_back(server: Server, shell: Shell, requests_file: Path) -> None:
    done = shell("submit", requests_file, "--sample", "2", "--dry-run")
    assert "Send 2 of 10 requests (" in done.stderr
    assert "; the other 8 (about <$" in done.stderr
    assert "wait as drafts until `batchtui settle rivers --resume`" in done.stderr
    assert "\nheld: 8 requests (" in done.text


def test_what_a_sample_holds_back_can_be_dropped(server: Server, shell: Shell, requests_file: Path) -> None:
    assert "8 requests held" in shell("submit", requests_file, "--sample", "2", "--yes").stderr
    assert shell("settle", "rivers", "--discard", "--yes").code == 0
    assert shell("settle", "--json").json == []
    assert server.asked("POST") == 1


def test_the_cap_is_for_the_sample_and_again_for_the_rest(
    server: Server, shell: Shell, requests_file: Path
) -> None:
    whole = shell("submit", requests_file, "--dry-run", "--json").json["estimate"]["cost_usd_high"]
    shell.home.mkdir(parents=True, exist_ok=True)
    (shell.home / "config.toml").write_text(f"max_cost_usd = {whole / 2}\n")
    assert shell("submit", requests_file, "--yes").code == 1
    assert shell("submit", requests_file, "--sample", "2", "--yes").code == 0
    refused = shell("settle", "rivers", "--resume", "--yes")
    assert (refused.code, "more than" in refused.stderr) == (1, True)
    assert server.asked("POST") == 1


def test_params_no_model_takes_any_more_are_named_and_mended_on_request(
    server: Server, shell: Shell, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "old.jsonl", request("a", temperature=0.5, betas=["b-1"]), request("b"))
    told = shell("submit", file, "--dry-run")
    assert f"warning: {file}:1: a: removed-param: temperature" in told.stderr
    assert "--mend" in told.stderr
    done = shell("submit", file, "--mend", "--yes", "--json")
    assert done.json["problems"] == []
    assert "1 request mended" in done.stderr
    assert "b-1" in done.stderr
    lines = (shell.home / "batches" / done.json["batches"][0]["id"] / "requests.jsonl").read_text().splitlines()
    assert "temperature" not in json.loads(lines[0])["params"]
    assert lines[1] == file.read_text().splitlines()[1]


@pytest.mark.parametrize(("flag", "code"), [((), 1), (("--max-cost", "5"), 0), (("--max-cost", "0"), 1)])
def test_a_cap_in_the_settings_holds_unless_a_flag_says_otherwise(
    server: Server, shell: Shell, requests_file: Path, flag: tuple[str, ...], code: int
) -> None:
    shell.home.mkdir(parents=True)
    (shell.home / "config.toml").write_text("max_cost_usd = 0.000001\n")
    done = shell("submit", requests_file, "--yes", *flag)
    assert done.code == code, done.stderr
    assert server.asked("POST") == (code == 0)


def test_a_job_larger_than_the_queue_is_sent_by_watch_in_turns(
    server: Server, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 4, "max_body_bytes": 10**9})
    shell.home.mkdir(parents=True)
    (shell.home / "config.toml").write_text("max_queued_requests = 5\n")
    server.control(settings={"duration_seconds": 0.2})
    file = write_lines(tmp_path / "large.jsonl", *(request(f"row-{number}") for number in range(12)))
    sent = shell("submit", file, "--yes", "--json")
    assert sent.code == 0
    assert [batch["id"] is None for batch in sent.json["batches"]] == [False, True, True]
    assert shell("watch", "large", "--interval", "0.05").code == 0
    rows = shell("results", "large", "--json", "--final").json
    assert [row["custom_id"] for row in rows] == [f"row-{number}" for number in range(12)]
    assert server.asked("POST") == 3


def test_parts_that_wait_can_be_held_back_and_resumed(
    server: Server, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split.part_sizes, "__kwdefaults__", {"max_requests": 4, "max_body_bytes": 10**9})
    shell.home.mkdir(parents=True)
    (shell.home / "config.toml").write_text("max_queued_requests = 5\n")
    file = write_lines(tmp_path / "large.jsonl", *(request(f"row-{number}") for number in range(12)))
    shell("submit", file, "--yes")
    assert [one["state"] for one in shell("settle", "large", "--json").json] == ["waiting", "waiting"]
    assert shell("settle", "large", "--hold").code == 0
    server.control(end="all")
    assert shell("sync").code == 0
    assert [one["state"] for one in shell("settle", "large", "--json").json] == ["draft", "draft"]
    assert shell("settle", "large", "--hold").code == 1
    done = shell("settle", "large", "--resume", "--yes", "--json")
    assert [batch["part"] for batch in done.json] == [2]
    assert [one["state"] for one in shell("settle", "large", "--json").json] == ["waiting"]
    assert server.asked("POST") == 2


def test_a_cap_that_is_no_number_lets_nothing_pass(server: Server, shell: Shell, requests_file: Path) -> None:
    done = shell("submit", requests_file, "--max-cost", "nan", "--yes")
    assert done.code == 1
    assert server.asked("POST") == 0


TEMPLATE = """\
custom_id: "{{ row.id }}"
params:
  model: claude-haiku-4-5
  max_tokens: 64
  messages:
    - role: user
      content: "Which river flows through {{ row.city }}?"
"""


def test_a_template_and_rows_make_a_batch(server: Server, shell: Shell, tmp_path: Path) -> None:
    template, rows = tmp_path / "rivers.yaml", tmp_path / "cities.csv"
    template.write_text(TEMPLATE)
    rows.write_text("id,city\na,Rome\nb,Paris\nc,Wien\nd,Prag\n")
    chosen = ["-t", template, "-d", rows, "--where", "city != 'Rome'", "--limit", "2"]
    sent = shell("submit", *chosen, "--yes", "--json").json
    assert sent["name"] == "rivers"
    assert [batch["requests"] for batch in sent["batches"]] == [2]
    server.control(advance_seconds=90_000)
    answers = shell("results", "rivers", "--json", "--join").json
    assert [answer["row"] for answer in answers] == [{"id": "b", "city": "Paris"}, {"id": "c", "city": "Wien"}]
    assert answers[0]["request"]["messages"][0]["content"] == "Which river flows through Paris?"


def test_the_template_of_a_job_makes_another_of_new_rows(server: Server, shell: Shell, tmp_path: Path) -> None:
    template, rows = tmp_path / "rivers.yaml", tmp_path / "cities.csv"
    template.write_text(TEMPLATE)
    rows.write_text("id,city\na,Rome\n")
    shell("submit", "-t", template, "-d", rows, "--yes")
    template.unlink()
    rows.write_text("id,city\nb,Paris\n")
    again = shell("submit", "--template-of", "rivers", "-d", rows, "--name", "more rivers", "--yes", "--json")
    assert [batch["requests"] for batch in again.json["batches"]] == [1]
    assert shell("template", "show", "--job", "more rivers").text == TEMPLATE


def test_values_that_are_not_kept_are_not_passed_over(server: Server, shell: Shell, tmp_path: Path) -> None:
    template, rows = tmp_path / "rivers.yaml", tmp_path / "cities.csv"
    template.write_text(
        TEMPLATE.replace("row.city", "greeting ~ city ~ mark") + 'defaults: {greeting: Hi, mark: "!"}\n'
    )
    rows.write_text("id,city\na,Rome\n")
    shell("submit", "-t", template, "-d", rows, "--set", "greeting=Hello", "--yes")
    again = shell("submit", "--template-of", "rivers", "-d", rows, "--dry-run", "--set", "mark=?")
    assert "As in its defaults: greeting. What --set gave to rivers is not kept." in again.stderr
    given = shell(
        "submit", "--template-of", "rivers", "-d", rows, "--dry-run", "--set", "mark=?", "--set", "greeting=x"
    )
    assert "defaults" not in given.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FILE of requests"),
        (["-t", "rivers"], "-d"),
        (["-d", "cities.csv"], "-t"),
        (["requests.jsonl", "-t", "rivers"], "either"),
        (["requests.jsonl", "--limit", "3"], "rows of data"),
        (["-t", "rivers", "--template-of", "job", "-d", "cities.csv"], "either"),
    ],
)
def test_a_submission_is_made_from_one_thing(shell: Shell, arguments: list[str], said: str) -> None:
    done = shell("submit", *arguments)
    assert done.code == 2
    assert said in done.stderr
    assert not shell.home.exists()


def test_rows_that_make_no_request_are_all_named(server: Server, shell: Shell, tmp_path: Path) -> None:
    template, rows = tmp_path / "rivers.yaml", tmp_path / "cities.csv"
    template.write_text(TEMPLATE)
    rows.write_text("id,city\na,Rome\na,Paris\nno good,Wien\nd,\n")
    done = shell("submit", "-t", template, "-d", rows, "--yes")
    assert done.code == 1
    assert "row 2" in done.stderr or ":2:" in done.stderr
    assert "row 3" in done.stderr or ":3:" in done.stderr
    assert server.asked("POST") == 0
    assert shell.files() == {}
