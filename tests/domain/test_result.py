from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.result import UNREADABLE, Tokens, output_text, parse_result, searched_text

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


block_types = st.sampled_from(["text", "tool_use"])
blocks = st.lists(
    st.fixed_dictionaries({"type": block_types}, optional={"text": st.text() | st.none()}), max_size=4
)
usages = st.fixed_dictionaries(
    {"input_tokens": st.integers(-1, 2**60), "output_tokens": st.integers(0, 9)},
    optional={
        "cache_creation_input_tokens": st.none() | st.integers(0, 9),
        "cache_read_input_tokens": st.none() | st.integers(0, 9),
        "cache_creation": st.none() | st.fixed_dictionaries({"ephemeral_1h_input_tokens": st.integers(0, 9)}),
        "output_tokens_details": st.none() | st.fixed_dictionaries({}, optional={"thinking_tokens": st.just(1)}),
        "server_tool_use": st.none() | st.fixed_dictionaries({"web_search_requests": st.integers(0, 9)}),
        "service_tier": st.just("batch"),
    },
)


@given(blocks, usages, st.sampled_from(["end_turn", "max_tokens", None, 7]), st.text() | st.none(), st.booleans())
def test_the_fast_way_and_the_lenient_one_agree(
    content: object, usage: object, stop_reason: object, model: object, is_escaped: bool
) -> None:
    message = {"content": content, "usage": usage, "stop_reason": stop_reason, "model": model}
    value = {"custom_id": "a", "result": {"type": "succeeded", "message": message}}
    line = json.dumps(value, ensure_ascii=is_escaped).encode("utf-8", "surrogatepass")
    # The fast parser takes no number of this kind, so that the whole line goes the other way.
    lenient = line[:-1] + b', "more": NaN}'
    assert parse_result(line) == parse_result(lenient)
    assert searched_text(line) == searched_text(lenient)


@pytest.mark.parametrize(
    ("content", "text_blocks"),
    [
        ([{"type": "text", "text": "a"}], 1),
        ([{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "a"}], 1),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], 2),
        ([{"type": "tool_use"}], 0),
        ([], 0),
    ],
)
def test_text_blocks_are_counted(content: object, text_blocks: int) -> None:
    assert parse_result(succeeded(content=content)).text_blocks == text_blocks


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("  one\n\n two\tthree ", "one two three"),
        ("x" * 500, "x" * 160),
        ("a b " * 100, ("a b " * 40)),
        ("a  b " * 100, ("a b " * 40)[:160]),
        ("\u2028wide\u3000東京", "wide 東京"),
        ("", ""),
    ],
)
def test_a_preview_draws_white_space_together(text: str, preview: str) -> None:
    facts = parse_result(succeeded(content=[{"type": "text", "text": text}]))
    assert facts.preview.strip() == preview.strip()


def test_the_text_looked_through_is_the_output_or_the_error() -> None:
    content = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert searched_text(succeeded(content=content)) == "Hello"
    error = {"type": "error", "error": {"type": "api_error", "message": "Oops"}}
    line = json.dumps({"custom_id": "a", "result": {"type": "errored", "error": error}}).encode()
    assert searched_text(line) == "Oops"
    for line in (b"odd", b"[]", b'{"result": 1}', b'{"result": {"type": "expired"}}'):
        assert searched_text(line) == ""
