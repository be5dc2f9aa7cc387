"""From a template and a row to a request."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.domain.errors import RenderError
from batchtui.domain.template.parse import parse_template
from batchtui.domain.template.render import Renderer
from tests.domain.template.making import brief, refused, rendered, template_of

COLUMNS = ("id", "name", "text")


def renderer(text: str, **options: Any) -> Renderer:
    return Renderer(parse_template(text, "t"), **options)


def custom_id(source: str, row: dict[str, Any]) -> str:
    return renderer(template_of("x", custom_id=source)).render(row, 1).custom_id


def refusal(source: str, row: dict[str, Any]) -> RenderError:
    with pytest.raises(RenderError) as caught:
        custom_id(source, row)
    return caught.value


def test_strings_at_any_depth_are_rendered_and_all_else_is_kept() -> None:
    content = ["{{ row.a }}", 1, 1.5, True, None, "plain", {"deep": [{"er": "<{{ a }}>"}], "empty": [], "none": {}}]
    assert rendered(content, {"a": "x"}) == [
        *("x", 1, 1.5, True, None, "plain"),
        {"deep": [{"er": "<x>"}], "empty": [], "none": {}},
    ]


def test_the_line_is_the_json_of_the_request() -> None:
    made = renderer(template_of({"ä": "{{ row.t }}", "b": {"c": 1}})).render({"t": 'ü "\n\t\\ \u2028 😀 \x01'}, 7)
    assert made.custom_id == "row-7"
    assert made.line == msgspec.json.encode({"custom_id": "row-7", "params": made.params})


@settings(deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=3)
        ),
    )
)
def test_values_from_data_come_through_as_they_are(value: object) -> None:
    renderer = Renderer(parse_template(template_of(["{{ row.v | typed }}", "{{ v | tojson }}"]), "t"))
    made = renderer.render({"v": value}, 1)
    typed, text = made.params["content"]
    assert typed == value
    assert json.loads(text) == value
    assert json.loads(made.line)["params"]["content"][0] == value


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_data_is_never_rendered_as_template(text: str) -> None:
    assert rendered("{{ row.t }}", {"t": text + "{{ 1 / 0 }}{% nonsense"}) == text + "{{ 1 / 0 }}{% nonsense"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ row.n }}", "3"),
        ("{{ row.n | typed }}", 3),
        ("{{ row.text | int | typed }}", 42),
        ("{{ row.blocks | typed }}", [{"type": "text"}]),
        ("{{ row.blocks | map(attribute='type') | list | typed }}", ["text"]),
        ("{{ none | typed }}", None),
        ("{{ result | typed }}", 7),
        ("{{ (row.n > 2) | typed }}", True),
        ("{{ (row.n if row.n > 5 else 5) | typed }}", 5),
    ],
    ids=brief,
)
def test_only_typed_gives_anything_but_text(source: str, value: object) -> None:
    made = rendered(source, {"n": 3, "text": "42", "blocks": [{"type": "text"}], "result": 7})
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("source", "row", "text"),
    [
        ("{{ row.a }}{{ a }}{{ row['a'] }}", {"a": 1}, "111"),
        ("{{ row['First name'] }}", {"First name": "Ada"}, "Ada"),
        ("{{ row.items }}{{ row.get }}", {"items": "i", "get": "g"}, "ig"),
        ("{{ row.user.items }}", {"user": {"items": "i"}}, "i"),
        ("{{ row._id }}", {"_id": "x"}, "x"),
        ("{{ row.row }}{{ row.row_number }}-{{ row_number }}", {"row": "r", "row_number": "n"}, "rn-1"),
        ("{{ range }}", {"range": "data goes before functions"}, "data goes before functions"),
        ("[{{ row.a }}]", {"a": None}, "[]"),
        ("{{ row.a ~ 1 ~ row.b }}", {"a": None, "b": "x"}, "1x"),
        ("{{ row.a }} {{ row.b }}", {"a": True, "b": 0.1}, "True 0.1"),
        ("{{ row.nope | default('d') }}", {}, "d"),
        ("{% if row.nope is defined %}a{% else %}b{% endif %}", {}, "b"),
        ("{{ row.get('nope', 'd') }}", {}, "d"),
        ("{{ row.l | first | default('d') }}{{ row.l[3] | default('e') }}", {"l": []}, "de"),
        ("{{ result }}", {"result": "r"}, "r"),
        ("a\n{% if true %}\nb\n{% endif %}\nc\n", {}, "a\nb\nc\n"),
        ("a\n  {% for x in [1, 2] %}\n  {{ x }}\n  {% endfor %}\nb", {}, "a\n  1\n  2\nb"),
        (
            "{% for x in 'ab' %}{{ loop.index }}{{ loop.last }}{{ loop.cycle('x', 'y') }} {% endfor %}",
            {},
            "1Falsex 2Truey ",
        ),
        (
            "{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}",
            {},
            "3",
        ),
        ("{% set x %}a{{ row.a }}{% endset %}{{ x * 2 }}", {"a": 1}, "a1a1"),
        ("{% with y = 2 %}{{ y ** 3 }}{% endwith %}", {}, "8"),
        ("{% filter upper %}a{% endfilter %}{% raw %}{{ b }}{% endraw %}", {}, "A{{ b }}"),
        ("<{{ '<&>' }}>", {}, "<<&>>"),
        ("{{ 'a b'.split()[1] }}{{ 'x'.join(['1', '2']) }}{{ '7'.zfill(3) }}", {}, "b1x2007"),
        ("{{ dict(a=1).a }}{{ {'b': 2}['b'] }}{{ (1, 2)[0] }}{{ [1, 2][-1] }}", {}, "1212"),
        ("{% for k, v in row.m.items() %}{{ k }}{{ v }}{% endfor %}", {"m": {"a": 1}}, "a1"),
        (
            "{% for g in row.l | groupby('k') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}",
            {"l": [{"k": "x"}]},
            "x1",
        ),
    ],
    ids=brief,
)
def test_what_templates_can_say(source: str, row: dict[str, Any], text: str) -> None:
    assert rendered(source, row) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ {'b': '<é>', 'a': [1, none, true]} | tojson }}", '{"b": "<é>", "a": [1, null, true]}'),
        ("{{ {'b': 1, 'a': 2} | tojson(indent=1, sort_keys=true) }}", '{\n "a": 2,\n "b": 1\n}'),
        ("{{ 'Ünï/co de..x_y-z' | slug }}", "-n-co-de-x_y-z"),
        ("{{ 12.5 | slug }}", "12-5"),
        ("{{ 'one two three four' | truncate_tokens(3) }}", "one two"),
        ("{{ 'one two three four' | truncate_tokens(2) }}", "one two"),
        ("{{ 'one two' | truncate_tokens(9) }}", "one two"),
        ("{{ 'abcdefghij' | truncate_tokens(2) }}", "abcdefg"),
        ("{{ 'x' | truncate_tokens(0) }}", ""),
        ("{{ '%05d %s %.2f' | format(7, 'a', 1.239) }}", "00007 a 1.24"),
        ("{{ '%(a)s-%(a)s' | format(a=1) }}", "1-1"),
        ("{{ '<a> & \"b\"' | e }}", "&lt;a&gt; &amp; &quot;b&quot;"),
        ("{{ 'a.b.c' | replace('.', '') }}{{ 'aaa' | replace('a', 'bb', 2) }}", "abcbbbba"),
        ("{{ 'x' | center(5) }}|", "  x  |"),
        ("{{ 'a\n\nb' | indent(2) }}{{ 'a\nb' | indent('> ', first=true) }}", "a\n\n  b> a\n> b"),
        ("{{ [3, 1, 2] | sort | join('-') }}{{ [{'n': 1}, {'n': 2}] | join('+', 'n') }}", "1-2-31+2"),
        ("{{ [1, 2.5] | sum }}{{ [{'n': 1}, {'n': 2}] | sum('n') }}", "3.53"),
        ("{{ 2.567 | round(1) }}{{ 2.1 | round(method='ceil') | int }}", "2.63"),
        ("{{ [1, 2, 3] | batch(2, 0) | list }}{{ [1, 2, 3] | slice(2) | list }}", "[[1, 2], [3, 0]][[1, 2], [3]]"),
        ("{{ ' a ' | trim | upper }}{{ 'ab cd' | title }}{{ 'abc' | first }}{{ 'abc' | length }}", "AAb Cda3"),
        ("{{ none | string }}{{ [none, 1] | join }}", "1"),
    ],
    ids=brief,
)
def test_what_filters_make(source: str, text: str) -> None:
    assert rendered(source) == text


def test_values_go_before_the_row_and_defaults_after_it() -> None:
    text = template_of("{{ a }}{{ row.b }}{{ c }}", defaults={"a": "d", "b": "d", "c": "d"})
    assert renderer(text, values={"a": "v"}).render({"a": "r", "b": "r"}, 1).params["content"] == "vrd"
    assert renderer(text).render({"b": None}, 1).params["content"] == "dd"


def test_what_is_used_missing_and_unused() -> None:
    text = template_of(
        "{{ row.text }}{{ name }}{{ own | default('') }}{% set mine = row['First name'] %}{{ mine }}{{ tone }}"
        "{{ row.get('also') }}{% for range_ in range(2) %}{{ range_ }}{% endfor %}{{ row_number }}{{ given }}",
        custom_id="{{ row.id }}",
        defaults={"tone": "warm"},
    )
    made = renderer(text, values={"given": 1})
    assert made.variables == {"text", "name", "own", "First name", "also", "id"}
    assert made.missing(COLUMNS) == ("First name",)
    assert made.unused((*COLUMNS, "zzz", "tone", "also")) == ("zzz",)


@pytest.mark.parametrize(
    "whole", ["{{ row | tojson }}", "{{ row[name] }}", "{% for k in row.keys() %}{% endfor %}"]
)
def test_a_row_taken_as_a_whole_leaves_nothing_unused(whole: str) -> None:
    assert renderer(template_of(whole)).unused(COLUMNS) == ()


def test_what_is_the_same_for_all_rows_is_made_once_and_still_follows_the_rows() -> None:
    made = renderer(template_of(["{{ tone }}", "{{ row.a }}", "{{ range }}"], defaults={"tone": "d", "range": 1}))
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": True}, {"a": 1, "tone": "r"}, {"a": None}, {"a": 1, "range": 2}]
    contents = [made.render(row, number).params["content"] for number, row in enumerate(rows)]
    assert contents == [["d", "1", "1"], ["d", "True", "1"], ["r", "1", "1"], ["d", "", "1"], ["d", "1", "2"]]
    with pytest.raises(RenderError):
        made.render({}, 5)


def test_a_custom_id_is_made_for_each_row() -> None:
    assert custom_id("{{ row.a | slug }}_{{ row_number }}", {"a": "x.y"}) == "x-y_1"
    assert custom_id("fixed", {}) == "fixed"


@pytest.mark.parametrize(
    ("source", "value", "said", "todo"),
    [
        ("{{ a }}", "", "is empty", "a column that every row has"),
        ("{{ a }}", "a b", "has characters other than", "slug"),
        ("{{ a }}", "é", "has characters other than", "slug"),
        ("{{ a }}\n", "x", "has characters other than", "slug"),
        ("{{ a }}", "x" * 65, "has 65 characters, 64 at most", "[:64]"),
    ],
    ids=brief,
)
def test_a_custom_id_that_the_api_would_refuse_says_what_to_change(
    source: str, value: str, said: str, todo: str
) -> None:
    error = refusal(source, {"a": value})
    assert said in error.message
    assert todo in error.todo


def test_an_error_names_template_line_row_and_what_to_do() -> None:
    text = """\
params:
  system: "{{ row.id }}"
  messages:
    - content: |
        one
        {% if row.id %}
        {{ row.nmae }}
        {% endif %}
    - "{{ nmae }}"
"""
    with pytest.raises(RenderError) as caught:
        renderer(text).render({"id": 1, "name": "x"}, 4711)
    error = caught.value
    assert (error.name, error.line, error.row) == ("t", 7, 4711)
    assert error.what == "t, line 7, row 4,711: the row has no column 'nmae'."
    assert error.unharmed == "Nothing was sent."
    assert "The row has id, name." in error.todo
    assert "defaults:" in error.todo


@pytest.mark.parametrize(
    ("source", "todo"),
    [
        ("{{ nope }}", "The row has n, t. A value for rows without one goes into `defaults:`."),
        ("{{ t > 1 }}", "write `NAME | int` or `NAME | float`"),
        ("{{ 'x' * 10 ** 9 }}", "Let the template do less"),
    ],
    ids=brief,
)
def test_what_cannot_be_rendered_says_what_to_change(source: str, todo: str) -> None:
    assert todo in refusal(source, {"n": 1, "t": "text"}).todo


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ nope }}", "'nope' is undefined"),
        ("{{ nope.x }}", "'nope' is undefined"),
        ("{{ row.nope.x }}", "the row has no column 'nope'"),
        ("{{ row.t.x }}", "text has no 'x'"),
        ("{{ [row.nope] }}", "the row has no column 'nope'"),
        ("{{ row.nope | tojson }}", "the row has no column 'nope'"),
        ("{{ row.nope | typed }}", "the row has no column 'nope'"),
        ("{{ row.nope | upper }}", "the row has no column 'nope'"),
        ("{{ nope() }}", "'nope' is undefined"),
        ("{{ row.t() }}", "text cannot be called"),
        ("{{ row.t.upper }}", "() is missing"),
        ("{{ row.items() }}", "cannot be written out"),
        ("{{ [1] | map('string') }}", "add `| list`"),
        ("{{ [1] | map('string') | tojson }}", "add `| list`"),
        ("{{ [1] | map('string') | typed }}", "add `| list`"),
        ("{{ [1] | map('nosuch') | list }}", "No filter named 'nosuch'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ row.t > 1 }}", "not supported between"),
        ("{{ 'x' % 1 }}", "the filter format"),
        ("{{ '%d' | format('x') }}", "%d format"),
        ("{{ 'abc' | truncate(1) }}", "expected length"),
        ("{{ 'x' | round }}", "round takes a number, not text"),
        ("{{ row.t | abs }}", "abs takes a number, not text"),
        ("{{ row.nope | round(2) }}", "the row has no column 'nope'"),
        ("{{ nope | abs }}", "'nope' is undefined"),
        ("{{ row.nan | typed }}", "JSON has no nan"),
        ("{{ row.nan | tojson }}", "not JSON compliant"),
        ("{{ row.big | typed }}", "more than 64 bits"),
        ("{{ {1: 2} | typed }}", "the key 1 is not text"),
        ("{{ row.half }}", "half of a character"),
        ("{{ [row.half] | typed }}", "half of a character"),
        ("{{ row.deep | typed }}", "nested deeper than 64"),
    ],
    ids=brief,
)
def test_what_cannot_be_rendered_says_why(source: str, said: str) -> None:
    deep: list[Any] = []
    for _ in range(80):
        deep = [deep]
    row = {"t": "text", "nan": math.nan, "big": 2**64, "half": "a\ud800", "deep": deep}
    assert said in refused(source, row)
