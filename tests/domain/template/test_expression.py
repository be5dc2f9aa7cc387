"""Expressions that choose rows."""

from __future__ import annotations

from typing import Any

import pytest

from batchtui.domain.errors import RenderError, TemplateError
from batchtui.domain.template.expression import expression
from tests.domain.template.making import brief

ROW: dict[str, Any] = {
    "price": 15,
    "x": "a",
    "First name": "Ada",
    "empty": "",
    "tags": ["new"],
    "row_number": "column",
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("price > 10", True),
        ("row.price > 20", False),
        ("row.x == 'a' and row_number < 3", True),
        ("row_number % 2", False),
        ("row['First name'] in ('Ada', 'Bob')", True),
        ("'new' in tags and not empty", True),
        ("nope is defined", False),
        ("nope | default(1)", True),
        ("x | upper == 'A'", True),
        ("  price\n  > 10  ", True),
        ("x.startswith('a')", True),
        ("'}}' != '{{'", True),
        ("none", False),
    ],
    ids=brief,
)
def test_an_expression_holds_or_does_not(text: str, holds: bool) -> None:
    assert expression(text)(ROW, 2) is holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("  ", "there is nothing in it"),
        ("price >", "unexpected"),
        ("price }} {{ x", "unexpected '}'"),
        ("x) }}{% raw %}", "Missing end of raw"),
        ("x) }}{{ (x", "`typed` is the last filter"),
        ("x) | typed }} {# ", "comment"),
        ("{% if x %}", "unexpected '%'"),
        ("x | typed", "`typed`"),
        ("x | nosuch", "there is no filter"),
        ("(" * 10_000, "nested too deeply"),
        ("self", "self is a name of Jinja2"),
    ],
    ids=brief,
)
def test_what_is_no_expression_is_refused(text: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        expression(text)
    assert said in caught.value.what
    assert len(caught.value.what) < 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nope > 1", "'nope' is undefined"),
        ("row.nope", "the row has no column 'nope'"),
        ("x > 1", "not supported between"),
        ("''.__class__", "out of reach of templates"),
        ("'a' * 10 ** 9", "a text of more than"),
        ("'/etc/passwd' | readfile", "may not be read"),
    ],
    ids=brief,
)
def test_a_row_it_makes_no_sense_of_is_named(text: str, said: str) -> None:
    with pytest.raises(RenderError) as caught:
        expression(text)(ROW, 7)
    assert caught.value.row == 7
    assert said in caught.value.message
    assert text[:20] in caught.value.what


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        ("nope > 1", "The row has a, b. `NAME is defined and NAME > 10` is for columns"),
        ("b > 1", "write `NAME | int` or `NAME | float`"),
        ("a / 0", ""),
    ],
)
def test_what_to_change_is_said(text: str, todo: str) -> None:
    with pytest.raises(RenderError) as caught:
        expression(text)({"a": 1, "b": "2"}, 1)
    assert todo in caught.value.todo
    assert bool(caught.value.todo) == bool(todo)
