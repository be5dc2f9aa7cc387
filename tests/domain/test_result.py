from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.result import UNREADABLE, Tokens, output_text, parse_result

USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 30,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
    "cache_read_input_tokens": 40,
    "output_tokens": 50,
    "output_tokens_details": {"thinking_tokens": 5},
    "server_tool_use": {"web_search_requests": 2},
}


def succeeded(**changes: object) -> bytes:
    message = {
        "model": "claude-haiku-5-5",
        "stop_reason": "end_turn",
        "usage": USAGE,
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hello\n there"}],
    }
    result = {"type": "succeeded", "message": message | changes}
    return json.dumps({"custom_id": "a", "result": result}).encode()


def test_an_answer_gives_its_facts() -> None:
    facts = parse_result(succeeded())
    assert (facts.custom_id, facts.type, facts.stop_reason, facts.model) == (
        "a",
        "succeeded",
        "end_turn",
        "claude-haiku-5-5",
    )
    assert facts.preview == "Hello there"
    assert facts.text_chars == 12
    assert facts.flags == ()
    assert facts.tokens == Tokens(
        input=10, cache_write_5m=20, cache_write_1h=10, cache_read=40, output=50, thinking=5, web_searches=2
    )
    assert facts.tokens.total_input == 80


@pytest.mark.parametrize(
    ("stop_reason", "flags"),
    [
        ("max_tokens", ("truncated",)),
        ("model_context_window_exceeded", ("truncated",)),
        ("refusal", ("refused",)),
        ("tool_use", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_an_answer_can_still_be_truncated_or_refused(stop_reason: object, flags: tuple[str, ...]) -> None:
    assert parse_result(succeeded(stop_reason=stop_reason)).flags == flags


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": None},
        {"type": "overloaded_error", "message": "Overloaded"},
    ],
)
def test_errors_are_read_nested_and_flat(error: object) -> None:
    line = json.dumps({"custom_id": "a", "result": {"type": "errored", "error": error}}).encode()
    facts = parse_result(line)
    assert (facts.type, facts.error_type, facts.error_message) == ("errored", "overloaded_error", "Overloaded")


@pytest.mark.parametrize("kind", ["canceled", "expired", "something_new"])
def test_other_outcomes_keep_their_word(kind: str) -> None:
    facts = parse_result(json.dumps({"custom_id": "a", "result": {"type": kind}}).encode())
    assert (facts.custom_id, facts.type, facts.error_type) == ("a", kind, None)


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b'{"custom_id": 1, "result": {}}', b'{"custom_id": "a"}', b"[" * 100_000],
)
def test_a_line_that_is_no_result_is_unreadable(line: bytes) -> None:
    assert parse_result(line).type == UNREADABLE


def test_lone_surrogates_and_bad_utf8_can_be_stored() -> None:
    line = b'{"custom_id":"a","result":{"type":"errored","error":{"type":"x\\ud800","message":"\xff"}}}'
    facts = parse_result(line)
    assert (facts.error_type, facts.error_message) == ("x?", "\ufffd")


def test_citations_are_one_text_and_tools_cut_it() -> None:
    content = [
        {"type": "text", "text": "The sky "},
        {"type": "text", "text": "is blue."},
        {"type": "server_tool_use", "name": "web_search"},
        {"type": "text", "text": "Still."},
        {"type": "text"},
        "junk",
    ]
    assert output_text({"content": content}) == "The sky is blue.\n\nStill."


def test_equal_texts_have_equal_hashes() -> None:
    again = parse_result(succeeded(usage={}))
    other = parse_result(succeeded(content=[{"type": "text", "text": "Bye"}]))
    assert parse_result(succeeded()).text_hash == again.text_hash != other.text_hash


@given(st.binary() | st.text().map(str.encode))
def test_no_line_is_too_strange(line: bytes) -> None:
    facts = parse_result(line)
    facts.error_message and facts.error_message.encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(
    st.fixed_dictionaries(
        {
            "custom_id": st.just("a") | json_values,
            "result": st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["succeeded", "errored", "expired"]) | json_values,
                    "message": st.fixed_dictionaries(
                        {},
                        optional={
                            "content": st.lists(
                                st.fixed_dictionaries({"type": st.just("text"), "text": json_values})
                            )
                            | json_values,
                            "usage": st.fixed_dictionaries(dict.fromkeys(USAGE, json_values)) | json_values,
                            "stop_reason": json_values,
                            "model": json_values,
                        },
                    )
                    | json_values,
                    "error": json_values,
                }
            ),
        }
    )
)
def test_no_shape_is_too_strange(value: object) -> None:
    parse_result(json.dumps(value).encode())


def test_recorded_results_are_read() -> None:
    recordings = Path(__file__).parent.parent / "data" / "recorded" / "lifecycle-2026-08-19.jsonl"
    exchanges = [json.loads(line) for line in recordings.read_text().splitlines()]
    bodies = [e["body"] for e in exchanges if e["uri"].endswith("/results") and e["status"] == 200]
    facts = [parse_result(line.encode()) for body in bodies for line in body.splitlines()]
    assert {f.custom_id: (f.type, f.preview) for f in facts} == {
        "0": ("succeeded", "4"),
        "1": ("succeeded", "Jupiter"),
    }


def test_content_and_errors_may_be_plain_text() -> None:
    assert output_text({"content": "all of it"}) == "all of it"
    facts = parse_result(b'{"custom_id": "a", "result": {"type": "errored", "error": "boom"}}')
    assert (facts.error_type, facts.error_message) == ("unknown_error", "boom")
