from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.facets import ErrorGroup, alike, error_groups
from batchtui.domain.filter import parse_result_filter


@pytest.mark.parametrize(
    ("message", "made_equal"),
    [
        ("Overloaded", "Overloaded"),
        ("max_tokens: 65001 > 64000, which is too much", "max_tokens: # > #, which is too much"),
        ("messages.0.content.13: must be non-empty", "messages.#.content.#: must be non-empty"),
        ("model: claude-sonnet-3-77000", "model: claude-sonnet-#-#"),
        ("prompt is too long: 1,204,311 tokens > 1,000,000 maximum", "prompt is too long: # tokens > # maximum"),
        ("request req_011CSHoEeqs5C35K2UUqR7Fy", "request req_#"),
        ("id 123e4567-e89b-12d3-a456-426614174000.", "id #."),
        ("can't find 'the file' or \"it's\" or `x y`", "can't find … or … or …"),
        ("at 12:30:01 on 2026-08-19", "at # on #-#-#"),
        ("", ""),
    ],
)
def test_messages_that_differ_in_what_varies_are_equal(message: str, made_equal: str) -> None:
    assert alike(message) == made_equal


def test_equal_errors_are_counted_together_biggest_first() -> None:
    groups = error_groups(
        [("a", "x 1", 2), ("b", "x 1", 1), ("a", "x 22", 3), ("expired", "", 9), ("a", "other", 1)]
    )
    assert groups == [
        ErrorGroup("expired", "", 9),
        ErrorGroup("a", "x #", 5),
        ErrorGroup("b", "x #", 1),
        ErrorGroup("a", "other", 1),
    ]


def test_a_group_can_be_filtered_for() -> None:
    group = ErrorGroup("invalid_request_error", alike('max_tokens: 65001 > 64000, not "so" many'), 1)
    assert [(term.field, term.text) for term in parse_result_filter(group.filter_text).terms] == [
        ("error", "invalid_request_error"),
        ("error", "max_tokens:"),
        ("error", ">"),
        ("error", ", not"),
        ("error", "many"),
    ]
    assert ErrorGroup("expired", "", 3).filter_text == 'error:"expired"'


@given(st.text())
def test_every_word_of_a_filter_is_in_the_message(message: str) -> None:
    for term in parse_result_filter(ErrorGroup("", alike(message), 1).filter_text).terms:
        assert term.field == "error"
        assert term.text in message


@pytest.mark.timeout(20)
@pytest.mark.parametrize("flood", ["a", "1", "a1", "1.", '"', "'a", "1234abcd-", "a "])
def test_a_flood_is_looked_through_once(flood: str) -> None:
    assert alike(flood * 100_000)
