"""From text to a template, or to all that is wrong with it."""

from __future__ import annotations

import pytest

from batchtui.domain.errors import TemplateError
from batchtui.domain.template.parse import parse_template
from tests.domain.template.making import brief, problem, problems, template_of

WHOLE = """\
description: |
  Answers reviews
custom_id: "r-{{ row.id }}"
params:
  model: claude-haiku-5-5
  max_tokens: 40
  thinking: {type: disabled}
  messages:
    - role: user
      content: "{{ row.text }}"
defaults: {text: nothing, n: 2}
betas: [output-300k-2026-03-24]
checks: {not_truncated: true}
"""


def test_a_whole_template() -> None:
    template = parse_template(WHOLE, "review")
    assert (template.name, template.text, template.description) == ("review", WHOLE, "Answers reviews")
    assert template.custom_id == "r-{{ row.id }}"
    assert template.params["max_tokens"] == 40
    assert template.params["messages"] == [{"role": "user", "content": "{{ row.text }}"}]
    assert template.defaults == {"text": "nothing", "n": 2}
    assert template.betas == ("output-300k-2026-03-24",)
    assert template.checks.not_truncated


def test_params_are_enough() -> None:
    template = parse_template("params: {model: m}", "t")
    assert (template.custom_id, template.description) == ("row-{{ row_number }}", "")
    assert not template.checks
    assert (template.defaults, template.betas) == ({}, ())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("param: {a: 1}\nparams: {a: 1}", "there is no key 'param': did you mean params?"),
        ("zzz: 1\nparams: {a: 1}", "a template has description, custom_id, params, defaults, betas and checks"),
        ("description: x", "there are no params"),
        ("params:", "there are no params"),
        ("params: {}", "there are no params"),
        ("params: text", "params must be a mapping"),
        ("params: {a: 1}\ndescription: [1]", "description must be text"),
        ("params: {a: 1}\ncustom_id: 7", "custom_id must be text"),
        ("params: {a: 1}\ndefaults: [1]", "defaults must be a mapping"),
        ("params: {a: 1}\nbetas: x", "betas must be a list"),
        ("params: {a: 1}\nbetas: [1]", "betas must be a list"),
        ("params: {a: 1}\nchecks: [json]", "checks must be a mapping"),
        ("params: {a: 1}\nchecks: {jsno: true}", "there is no check 'jsno': did you mean json?"),
        ("params: {'{{ x }}': 1}", "keys are not rendered"),
        ("params: {a: 1}\ncustom_id: '{{ row.id | typed }}'", "a custom_id is text"),
    ],
    ids=brief,
)
def test_keys_are_what_they_should_be(keys: str, said: str) -> None:
    assert said in problem(keys)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ row.x", "unexpected end of template"),
        ("{{ row.x }", "unexpected '}'"),
        ("{% if x %}", "Unexpected end of template"),
        ("{% endif %}", "unknown tag 'endif'"),
        ("{# never closed", "Missing end of comment"),
        ("{{ x | nosuch }}", "there is no filter 'nosuch'"),
        ("{{ x | tojsn }}", "did you mean 'tojson'?"),
        ("{{ x is nosuch }}", "there is no test 'nosuch'"),
        ("{{ x | typed }} and more", "`typed` is the last filter"),
        ("{{ x if x else 5 | typed }}", "`typed` is the last filter"),
        ("{{ x | typed | upper }}", "`typed` is the last filter"),
        ("{% set row = 1 %}", "row is given to every template"),
        ("{% for row_number in x %}{% endfor %}", "row_number is given to every template"),
        ("{{ self }}", "self is a name of Jinja2"),
        ("{{ 1e999 }}", "a number is too large"),
        ("{% macro m() %}{% endmacro %}", "macro is not for templates"),
        ("{% include 'x' %}", "include is not for templates"),
        ("{% import 'x' as y %}", "import is not for templates"),
        ("{% from 'x' import y %}", "from … import is not for templates"),
        ("{% extends 'x' %}", "extends is not for templates"),
        ("{% block b %}{% endblock %}", "block is not for templates"),
        ("{% call x() %}{% endcall %}", "call is not for templates"),
        ("{% autoescape true %}{% endautoescape %}", "autoescape is not for templates"),
        ("{% for i in x recursive %}{% endfor %}", "a loop may not be recursive"),
        ("{{ " + "(" * 10_000 + " }}", "nested too deeply"),
        ("{{ " + "1+" * 10_000 + "1 }}", "nested too deeply"),
        ("{{ x" + ".a" * 10_000 + " }}", "nested too deeply"),
        ("{{ " + "not " * 20_000 + "x }}", "nested too deeply"),
        ("{% if x %}" * 5_000 + "{% endif %}" * 5_000, "nested too deeply"),
        ("{% for i in x %}" * 30 + "{% endfor %}" * 30, "too many statically nested blocks"),
    ],
    ids=brief,
)
def test_jinja_that_cannot_be_used_is_refused(source: str, said: str) -> None:
    assert said in problem(template_of(source))


@pytest.mark.parametrize(
    "content", ["{{ a }}" * 11_000, ["{{ a }}"] * 5_000, "{{ [" + "1," * 20_000 + "] }}"], ids=brief
)
def test_there_is_an_end_to_the_jinja_of_a_template(content: object) -> None:
    assert problem(template_of(content)).startswith("more than 10,000 parts of Jinja2")


def test_every_problem_comes_with_its_line() -> None:
    text = """\
custom_id: "{{ row.id"
params:
  system: fine
  messages:
    - role: user
      content: |-
        one
        {{ row.x | nosuch }}
        {% if %}
    - "{{ x | alsono }}"
colour: red
"""
    found = problems(text)
    assert [line for line, _ in found] == [1, 9, 10, 11]


def test_an_error_says_all_of_it_in_one_sentence() -> None:
    with pytest.raises(TemplateError, match=r"^t: line 1: there is no key 'x'.*; line 2: betas must be a list"):
        parse_template("x: 1\nbetas: 1\nparams: {a: 1}", "t")


def test_text_without_jinja_is_left_alone() -> None:
    template = parse_template(template_of("100 % of {this} # and that"), "t")
    assert template.params["content"] == "100 % of {this} # and that"
