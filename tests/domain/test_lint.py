from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from batchtui.domain.lint import CheckedRequest, Linter
from batchtui.domain.model import ModelFacts, listed

PARAMS = {"model": "claude-haiku-5-5", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}


def line(custom_id: object = "a", **changes: object) -> bytes:
    return json.dumps({"custom_id": custom_id, "params": PARAMS | changes}).encode()


def lint(*lines: bytes, **options: Any) -> tuple[list[CheckedRequest], list[tuple[int, str, str, str]]]:
    linter = Linter(**options)
    kept = list(linter.read(lines))
    return kept, [(p.line, p.custom_id, p.rule, p.severity) for p in linter.problems]


def test_good_lines_pass_as_they_are() -> None:
    odd = b'{"params": ' + json.dumps(PARAMS).encode() + b',  "custom_id":"b" }'
    kept, problems = lint(line("a") + b"\r\n", b"\n", odd + b"\n")
    assert [(request.line, request.custom_id) for request in kept] == [(line("a"), "a"), (odd, "b")]
    assert problems == []


def test_a_byte_order_mark_is_not_part_of_the_first_request() -> None:
    kept, problems = lint(b"\xef\xbb\xbf" + line())
    assert kept[0].line == line()
    assert problems == []


@pytest.mark.parametrize(
    ("bad", "custom_id", "rule"),
    [
        (b"not json", "", "json"),
        (b"[1]", "", "json"),
        (b"\xff\xfe\x00", "", "json"),
        (b"[" * 100_000, "", "json"),
        (b'{"params": {}}', "", "custom_id-missing"),
        (b'{"custom_id": "a"}', "a", "params-missing"),
        (b'{"custom_id": "a", "params": []}', "a", "params-missing"),
        (line("a.b"), "a.b", "custom_id-pattern"),
        (line("a\n"), "a\n", "custom_id-pattern"),
        (line("x" * 65), "x" * 65, "custom_id-pattern"),
        (line(""), "", "custom_id-pattern"),
        (line("é"), "é", "custom_id-pattern"),
        (line(7), "7", "custom_id-pattern"),
        (line(model=None), "a", "model-missing"),
        (line(max_tokens=None), "a", "max_tokens-missing"),
        (line(max_tokens=True), "a", "max_tokens-type"),
        (line(max_tokens=0), "a", "max_tokens"),
        (line(messages="hi"), "a", "messages-type"),
        (line(stream=True), "a", "stream"),
        (line(speed="fast"), "a", "speed"),
    ],
)
def test_a_bad_line_is_named_and_kept_back(bad: bytes, custom_id: str, rule: str) -> None:
    kept, problems = lint(line("first"), bad, line("last"))
    assert [request.custom_id for request in kept] == ["first", "last"]
    assert (2, custom_id, rule, "error") in problems


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_tokens": "64"}, "max_tokens has to be a whole number, and is text"),
        ({"max_tokens": 1.5}, "max_tokens has to be a whole number, and is a fraction"),
        ({"model": 7}, "model has to be text, and is a whole number"),
        ({"messages": {}}, "messages has to be a list, and is an object"),
        ({"messages": None}, "params need messages"),
    ],
)
def test_what_is_there_with_another_type_is_not_called_missing(params: dict[str, object], message: str) -> None:
    linter = Linter()
    assert list(linter.read([line(**params)])) == []
    assert [problem.message for problem in linter.problems] == [message]


def test_a_duplicate_names_both_lines() -> None:
    linter = Linter()
    assert len(list(linter.read([line("a"), line("b"), line("a")]))) == 2
    (problem,) = linter.problems
    assert (problem.line, problem.custom_id, problem.rule) == (3, "a", "custom_id-duplicate")
    assert "line 1" in problem.message


def test_removed_sampling_params_warn_and_go_out() -> None:
    kept, problems = lint(line(temperature=0.2, top_k=3))
    assert len(kept) == 1
    assert problems == [(1, "a", "removed-param", "warning")]


def test_stream_false_is_fine() -> None:
    assert lint(line(stream=False))[1] == []


def test_all_problems_are_reported_at_once() -> None:
    _, problems = lint(b"x", line("a b", stream=True), line("ok", max_tokens=0, messages=None))
    assert [rule for _, _, rule, _ in problems] == [
        "json",
        "custom_id-pattern",
        "stream",
        "messages-missing",
        "max_tokens",
    ]


MODELS = listed(
    [
        ModelFacts("claude-haiku-5-5", max_output_tokens=64_000, lifecycle="active", takes_batches=True),
        ModelFacts("claude-odd-1-20260101", lifecycle="active", takes_batches=False),
        ModelFacts("claude-old-1", lifecycle="retired"),
    ],
    datetime(2026, 11, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"model": "claude-haiku-5-5-20261001"}, []),
        ({"max_tokens": 64_001}, ["max_tokens-limit"]),
        ({"max_tokens": 300_000, "betas": ["output-300k-2026-03-24"]}, ["betas"]),
        ({"model": "claude-odd-1"}, ["model-batches"]),
        ({"model": "claude-old-1"}, ["model-retired"]),
        ({"model": "claude-3-opus-20240229"}, ["model-retired"]),
        ({"model": "claude-unheard-of"}, ["model-unknown"]),
    ],
)
def test_what_depends_on_the_model_warns(changes: dict[str, object], rules: list[str]) -> None:
    kept, problems = lint(line(**changes), models=MODELS)
    assert len(kept) == 1
    assert [(rule, severity) for _, _, rule, severity in problems] == [(rule, "warning") for rule in rules]


def test_without_a_list_the_models_of_the_sdk_are_known() -> None:
    assert lint(line(model="claude-opus-5-5"))[1] == []
    assert [rule for _, _, rule, _ in lint(line(model="claude-haiku-4-5", max_tokens=100_000))[1]] == [
        "max_tokens-limit"
    ]
    assert [rule for _, _, rule, _ in lint(line(model="claude-sonnet-4-20250514"))[1]] == ["model-retired"]


def test_what_can_be_mended_is_and_the_rest_stays_to_the_byte() -> None:
    linter = Linter(mend=True)
    bad = line("bad", temperature=1, top_p=0.5, betas=["b-1", "b-2"], metadata={"user_id": "\ud800"})
    odd = b'{"params": ' + json.dumps(PARAMS).encode() + b',  "custom_id":"odd" }'
    kept = list(linter.read([bad, odd]))
    assert linter.problems == []
    assert (linter.mended, linter.betas) == (1, {"b-1", "b-2"})
    assert json.loads(kept[0].line) == {"custom_id": "bad", "params": PARAMS | {"metadata": {"user_id": "\ud800"}}}
    assert kept[0].params == json.loads(kept[0].line)["params"]
    assert kept[1].line == odd
