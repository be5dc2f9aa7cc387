"""Tool use is part of what is told apart, and never keeps a result from coming home."""

from __future__ import annotations

import json

import pytest

from batchtui.domain.answer_text import answer_text
from batchtui.domain.result import parse_result


def line(value: str, *, name: str = "record", text: str = "", before: str = "") -> bytes:
    texts = f'{{"type": "text", "text": {json.dumps(text)}}}, ' if text else ""
    content = f'{texts}{{"type": "tool_use", "id": "toolu_1", "name": "{name}", "input": {value}}}'
    usage = '"usage": {"input_tokens": 1, "output_tokens": 1}'
    message = f'{{"content": [{content}], "stop_reason": "tool_use", "model": "m", {usage}{before}}}'
    return f'{{"custom_id": "a", "result": {{"type": "succeeded", "message": {message}}}}}'.encode()


def test_other_input_is_another_answer() -> None:
    hashes = {
        parse_result(one).text_hash
        for one in (line('{"a": 1}'), line('{"a": 2}'), line('{"a": 1}', name="other"), line('{"a": 1}', text="x"))
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("value", ['{"a": 1, "b": {"d": [1], "c": "é"}}', '{ "b":{"c":"\\u00e9","d":[1]},\n"a":1}'])
def test_the_order_of_keys_is_no_difference(value: str) -> None:
    first = line('{"a":1,"b":{"c":"é","d":[1]}}')
    assert parse_result(line(value)).text_hash == parse_result(first).text_hash
    assert answer_text(line(value)) == answer_text(first)


def test_a_line_that_only_the_lenient_parser_takes_has_the_same_hash() -> None:
    quick = parse_result(line('{"a": "x"}', text="Done."))
    lenient = parse_result(line('{"a": "x"}', text="Done.", before=', "extra": NaN'))
    assert quick.text_hash == lenient.text_hash


@pytest.mark.parametrize(
    "value", ['{"a": "\\ud800"}', "{}", "null", '"text"', "[" * 900 + "]" * 900, "1" * 400, "1e999"]
)
def test_any_input_comes_home(value: str) -> None:
    facts = parse_result(line(value))
    assert facts.succeeded
    assert len(facts.text_hash) == 8
    assert answer_text(line(value))


@pytest.mark.parametrize("value", ["[" * 99_999 + "]" * 99_999, "1" * 5_000])
def test_what_cannot_be_read_is_unreadable(value: str) -> None:
    assert parse_result(line(value)).type == "unreadable"


def test_an_answer_is_shown_with_what_it_asks_for() -> None:
    shown = answer_text(line('{"b": 1, "a": "é"}', text="Done."))
    assert shown == 'Done.\n\n{\n  "input": {\n    "a": "é",\n    "b": 1\n  },\n  "tool": "record"\n}'
