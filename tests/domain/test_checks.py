"""What is asked of answers, and which answers it does not hold for."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from batchtui.domain.checks import NAMES, Checks, parse_checks, read_checks
from batchtui.domain.errors import TemplateError

SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"type": "string", "enum": ["happy", "unhappy"]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "more": {"$ref": "#"},
    },
    "required": ["mood"],
    "additionalProperties": False,
}


def checks(own_schema: object = None, /, **given: object) -> Checks:
    found, wrong = read_checks(values(own_schema, given))
    assert wrong == []
    return found


def values(own_schema: object, given: object) -> dict[str, Any]:
    params = {"output_config": {"format": {"type": "json_schema", "schema": own_schema}}} if own_schema else {}
    return {"params": params, "checks": given}


def wrong(own_schema: object = None, /, **given: object) -> list[tuple[str, str]]:
    return read_checks(values(own_schema, given))[1]


def test_nothing_asked_is_false_and_never_fails() -> None:
    assert not Checks()
    assert Checks().failing("", "refusal") == ()
    assert Checks(json=True)
    assert not read_checks({"params": {"output_config": {"format": {"schema": SCHEMA}}}})[0]


@pytest.mark.parametrize(
    ("given", "text", "stop_reason", "failing"),
    [
        ({"not_truncated": True}, "x", "end_turn", ()),
        ({"not_truncated": True}, "x", "max_tokens", ("not_truncated",)),
        ({"not_truncated": True}, "x", "model_context_window_exceeded", ("not_truncated",)),
        ({"not_truncated": True}, "x", None, ()),
        ({"not_truncated": False}, "x", "max_tokens", ()),
        ({"not_refused": True}, "x", "refusal", ("not_refused",)),
        ({"not_refused": True}, "x", "stop_sequence", ()),
        ({"min_words": 2}, "one", None, ("min_words",)),
        ({"min_words": 2}, " one\n two ", None, ()),
        ({"min_words": 1}, "", None, ("min_words",)),
        ({"max_words": 2}, "one two three", None, ("max_words",)),
        ({"max_words": 2}, "one two", None, ()),
        ({"must_match": "(?i)yes"}, "Oh YES.", None, ()),
        ({"must_match": ["a", "b"]}, "a", None, ("must_match",)),
        ({"must_match": "^b"}, "a\nb", None, ("must_match",)),
        ({"must_match": "(?m)^b$"}, "a\nb", None, ()),
        ({"must_match": "ü.😀"}, "xü-😀", None, ()),
        ({"must_match": "a"}, "\ud800a", None, ()),
        ({"must_not_match": ["x", "y"]}, "ay", None, ("must_not_match",)),
        ({"must_not_match": ["x", "y"]}, "ab", None, ()),
        ({"json": True}, ' {"a": 1} ', None, ()),
        ({"json": True}, "7", None, ()),
        ({"json": True}, "", None, ("json",)),
        ({"json": True}, '```json\n{"a": 1}\n```', None, ("json",)),
        ({"json": True}, '{"a": NaN}', None, ("json",)),
        ({"json": True}, '{"a": 1} and more', None, ("json",)),
        ({"json": True}, "[" * 100_000, None, ("json",)),
        ({"json": True}, "\ud800", None, ("json",)),
        ({"json": True, "schema": SCHEMA}, "no", None, ("json", "schema")),
        ({"json": True, "schema": SCHEMA}, "{}", None, ("schema",)),
        ({"schema": SCHEMA}, '{"mood": "happy"}', None, ()),
        ({"schema": SCHEMA}, '{"mood": "so-so"}', None, ("schema",)),
        ({"schema": SCHEMA}, '{"mood": "happy", "extra": 1}', None, ("schema",)),
        ({"schema": SCHEMA}, '{"mood": "happy", "code": "AB"}', None, ()),
        ({"schema": SCHEMA}, '{"mood": "happy", "code": "abc"}', None, ("schema",)),
        ({"schema": SCHEMA}, '{"mood": "happy", "more": {"mood": "happy", "more": {}}}', None, ("schema",)),
        ({"schema": SCHEMA}, '{"mood":"happy","more":' * 400 + "1" + "}" * 400, None, ("schema",)),
        ({"schema": {"type": "integer", "multipleOf": 0.1}}, "1e400", None, ("schema",)),
        (
            {"not_truncated": True, "not_refused": True, "min_words": 2, "must_match": "a", "json": True},
            "b",
            "max_tokens",
            ("not_truncated", "min_words", "must_match", "json"),
        ),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_answers_that_fail_are_told_by_the_names_of_checks(
    given: dict[str, object], text: str, stop_reason: str | None, failing: tuple[str, ...]
) -> None:
    assert checks(**given).failing(text, stop_reason) == failing
    assert list(failing) == [name for name in NAMES if name in failing]


def test_a_pattern_that_explodes_elsewhere_takes_no_time_here() -> None:
    nested = checks(must_match=["(a+)+$", "(a|a)*b", "(x+x+)+y"])
    assert nested.failing("a" * 50_000 + "!", None) == ("must_match",)
    in_schema = checks(schema={"type": "string", "pattern": "^(a+)+$"})
    assert in_schema.failing(json.dumps("a" * 50_000 + "!"), None) == ("schema",)


@pytest.mark.parametrize(
    ("given", "schema"),
    [
        ({}, SCHEMA),
        ({"schema": True}, SCHEMA),
        ({"schema": False}, None),
        ({"schema": {"type": "null"}}, {"type": "null"}),
    ],
)
def test_the_schema_of_the_output_is_the_one_to_check_unless_told(given: dict[str, object], schema: object) -> None:
    assert checks(SCHEMA, not_refused=True, **given).schema == schema


def test_a_schema_with_jinja_in_it_has_no_one_form() -> None:
    varying = {"type": "object", "description": "{{ row.x }}"}
    assert checks(varying, not_refused=True).schema is None
    assert "Jinja2 in it" in wrong(varying, schema=True)[0][1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"jsno": True}, "did you mean json?"),
        ({"x": True}, "there are not_truncated"),
        ({"json": "yes"}, "json is true or false"),
        ({"not_refused": 1}, "not_refused is true or false"),
        ({"min_words": True}, "min_words is a number of words"),
        ({"max_words": -1}, "max_words is a number of words"),
        ({"max_words": "9"}, "max_words is a number of words"),
        ({"min_words": 3, "max_words": 2}, "min_words is more than max_words"),
        ({"must_match": 1}, "a pattern or a list of patterns"),
        ({"must_match": [1]}, "a pattern or a list of patterns"),
        ({"must_match": "("}, "unclosed group"),
        ({"must_match": "(?=a)"}, "look-around"),
        ({"must_not_match": r"(a)\1"}, "backreferences"),
        ({"must_not_match": "(a{1000}){1000}"}, "size limit"),
        ({"schema": True}, "there is no schema in output_config.format"),
        ({"schema": "x"}, "schema is true, false or a JSON schema"),
        ({"schema": {"type": "strin"}}, "'strin' is not valid"),
        ({"schema": {"properties": {"a": {"pattern": "("}}}}, "unclosed group"),
        ({"schema": {"properties": {"a": {"pattern": "(?=a)"}}}}, "look-around"),
        ({"schema": {"patternProperties": {"a": {}}}}, "patternProperties is not supported"),
        ({"schema": {"$ref": "https://example.com/schema.json"}}, "leads out of it"),
        ({"schema": {"items": {"$ref": "file:///etc/passwd"}}}, "leads out of it"),
        ({"schema": {"$dynamicRef": "https://example.com/schema.json"}}, "leads out of it"),
        ({"schema": {"properties": {"a": {"$id": "https://example.com/", "$ref": "x"}}}}, "an $id of its own"),
        ({"schema": {"$ref": "#/$defs/nope"}}, "leads out of it or nowhere"),
        ({"schema": {"$ref": "#"}}, "refers to itself without end"),
        ({"schema": {"anyOf": [{"$ref": "#"}]}}, "refers to itself without end"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_checks_that_cannot_be_are_told_and_left_out(given: dict[str, object], said: str) -> None:
    found, [(name, message)] = read_checks(values(None, given))
    assert name in given
    assert said in message
    assert found.failing("anything at all", None) == () or "min_words" in given


def test_no_schema_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert wrong(schema={"$ref": "http://127.0.0.1:9/schema.json"})
    named = {"$id": "http://127.0.0.1:9/schema.json", "$schema": "http://127.0.0.1:9/dialect", **SCHEMA}
    assert checks(schema=named).failing('{"mood": 1}', None) == ("schema",)


def test_a_property_may_be_called_like_a_keyword() -> None:
    named = {"type": "object", "properties": {"pattern": {"type": "string"}, "$ref": {"type": "null"}}}
    assert checks(schema=named).failing('{"pattern": "(", "$ref": null}', None) == ()
    assert checks(schema={"enum": [{"$ref": "http://x"}]}).failing('{"$ref": "http://x"}', None) == ()


KINDS = ["string", "integer", "number", "boolean", "null", "array", "object"]
LEAVES = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 1.5]) | st.sampled_from(["a", "b"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner), max_leaves=5
)
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
            "enum": st.lists(LEAVES, min_size=1, max_size=3),
            "minimum": st.integers(-1, 1),
            "title": st.just("a"),
        },
    ),
    lambda inner: (
        st.booleans()
        | st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(KINDS),
                "properties": st.dictionaries(st.sampled_from("ab"), inner),
                "required": st.lists(st.sampled_from("ab"), unique=True),
                "additionalProperties": inner,
                "items": inner,
                "prefixItems": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
            },
        )
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(SCHEMAS.filter(lambda schema: isinstance(schema, dict)), VALUES)
def test_schemas_say_what_jsonschema_says(schema: dict[str, Any], value: object) -> None:
    holds = checks(schema=schema).failing(json.dumps(value), None) == ()
    assert holds is Draft202012Validator(schema).is_valid(value)


def test_the_checks_of_a_kept_template_need_nothing_else_of_it() -> None:
    text = """\
from_a_later_version: 1
params:
  model: "{{ no jinja"
checks:
  not_refused: true
  from_a_later_version: true
  must_match: "("
"""
    assert parse_checks(text) == Checks(not_refused=True)
    assert parse_checks("params: {}") == Checks()
    assert parse_checks("checks: [1]") == Checks()
    with pytest.raises(TemplateError):
        parse_checks("a: [")
