"""JSON is compared as what it says."""

from __future__ import annotations

import pytest

from batchtui.domain.diff import as_json, interval, json_changes


def changes(left: str, right: str) -> list[tuple[str, str, object, object]]:
    both = as_json(left, right)
    assert both is not None
    return [(change.path, change.kind, change.left, change.right) for change in json_changes(*both)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"a": 1, "b": [true, null]}', '{"b": [true, null], "a": 1}'),
        ('{"a": 1}', '```json\n{"a": 1.0}\n```'),
        ("[1e2]", "[100]"),
        ('{"a": NaN}', '{"a": NaN}'),
        ('{"a": "\\u00e9"}', '{"a": "é"}'),
    ],
)
def test_what_says_the_same_has_no_changes(left: str, right: str) -> None:
    assert changes(left, right) == []


def test_changes_have_paths_to_them() -> None:
    left = '{"name": "x", "items": [{"price": 1, "tags": []}, {"price": 2}], "old": 1, "odd key": {"1": 0}}'
    right = (
        '{"items": [{"price": 1, "tags": ["new"]}, {"price": 3}], "name": "x", "new": null, "odd key": {"1": 9}}'
    )
    assert changes(left, right) == [
        ("items[0].tags[0]", "added", None, "new"),
        ("items[1].price", "changed", 2, 3),
        ("old", "removed", 1, None),
        ('["odd key"]["1"]', "changed", 0, 9),
        ("new", "added", None, None),
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("true", "1"),
        ("false", "0"),
        ('"1"', "1"),
        ("null", '"null"'),
        ("null", "0"),
        ("9007199254740993", "9007199254740992"),
        ("1" + "0" * 40, "1" + "0" * 39 + "1"),
        ("0.1", "0.10000000000000002"),
        ("[]", "{}"),
        ('""', "[]"),
    ],
)
def test_values_that_only_look_alike_are_told_apart(left: str, right: str) -> None:
    assert [(path, kind) for path, kind, *_ in changes(f'{{"a": {left}}}', f'{{"a": {right}}}')] == [
        ("a", "changed")
    ]


def test_an_item_put_in_does_not_shift_the_others() -> None:
    assert changes('["a", "b", {"c": 1}]', '["new", "a", "b", {"c": 1}]') == [("[0]", "added", None, "new")]
    assert changes('["a", "b", "c"]', '["a", "c"]') == [("[1]", "removed", "b", None)]


def test_a_key_that_is_there_twice_is_not_lost() -> None:
    assert changes('{"a": 1, "a": 2}', '{"a": 3, "a": 2}') == [("a[0]", "changed", 1, 3)]
    assert changes('{"a": 1, "a": 2}', '{"a": 2}') != []


@pytest.mark.parametrize(
    ("left", "right"),
    [("1", "2"), ("{}", "text"), ('{"a": }', "{}"), ("[" * 99_999, "[]"), ("[" * 400 + "]" * 400, "[]"), ("", "")],
)
def test_what_is_no_object_and_no_list_is_compared_as_text(left: str, right: str) -> None:
    assert as_json(left, right) is None


def test_the_interval_is_that_of_wilson() -> None:
    # Brown, Cai, DasGupta (2001) and textbooks: 8 of 10 is 0.4902 to 0.9433.
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)
