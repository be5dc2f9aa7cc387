"""Whatever anybody sends as params is either refused in words or answered: never a crash in the results."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from batchtui.simulator.answers import Answerer
from batchtui.simulator.settings import Settings
from batchtui.simulator.validation import Terms, row_error

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def either(good: Any) -> Any:
    """Mostly something good, sometimes anything."""
    return st.one_of(st.just(good), st.just(good), json_values)


def schemas() -> Any:
    keywords = st.fixed_dictionaries(
        {},
        optional={
            "type": either("object") | st.sampled_from(["string", "integer", "number", "array", "boolean", "null"]),
            "enum": either(["a"]),
            "anyOf": either([{"type": "string"}]),
            "$ref": either("#"),
            "items": either({"type": "string"}),
            "minItems": either(1),
            "minimum": either(1),
            "maximum": either(3),
            "properties": either({"name": {"type": "string"}}),
        },
    )
    return keywords | json_values


text_blocks = st.fixed_dictionaries(
    {"type": st.just("text"), "text": st.text(min_size=1, max_size=9)}, optional={"cache_control": json_values}
)
blocks = text_blocks | st.fixed_dictionaries(
    {"type": st.sampled_from(["image", "document", "tool_result"])}, optional={"source": json_values}
)
user_messages = st.fixed_dictionaries(
    {"role": st.just("user"), "content": st.just("Classify this: x") | st.lists(blocks, min_size=1, max_size=3)}
)
tools = st.fixed_dictionaries({"name": st.text(max_size=3)}, optional={"input_schema": schemas()})
good_params = st.fixed_dictionaries(
    {
        "model": st.just("claude-haiku-4-5"),
        "max_tokens": st.sampled_from([1, 20, 4000]),
        "messages": st.lists(user_messages, min_size=1, max_size=2),
    },
    optional={
        "system": st.just("Be brief") | st.lists(text_blocks, max_size=2),
        "tools": st.lists(tools, max_size=2),
        "tool_choice": st.just({"type": "any"}),
        "thinking": st.just({"type": "enabled", "budget_tokens": 1024}),
        "output_config": st.fixed_dictionaries({"format": st.fixed_dictionaries({"schema": schemas()})}),
        "cache_control": json_values,
        "stop_sequences": json_values,
    },
)
wrong_parts = st.dictionaries(
    st.sampled_from(
        ["model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config"]
    ),
    json_values | st.lists(json_values | user_messages | blocks | tools, max_size=2),
    max_size=1,
)
params = st.builds(lambda good, wrong: {**good, **wrong}, good_params, wrong_parts)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(params, st.integers(0, 2**64 - 1), st.sampled_from(["2023-06-01", "2026-10-21"]))
def test_whatever_passes_the_checks_is_answered(sent: dict[str, Any], number: int, version: str) -> None:
    problem = row_error(sent, Terms(version, frozenset()))
    event("refused" if problem else "answered")
    if problem is not None:
        assert problem.message
        return
    message = Answerer(Settings(refusal_rate=0.1, truncate_rate=0.1)).message(sent, number, "batch")
    assert msgspec.json.decode(msgspec.json.encode(message)) == message
    assert 0 < message["usage"]["output_tokens"] <= max(sent["max_tokens"], 8)
