"""Templates of somebody else: no way to Python, to the disk, to endless work or to endless memory."""

from __future__ import annotations

import pytest
from jinja2.filters import FILTERS

from batchtui.domain.template import limits
from batchtui.domain.template.sandbox import Sandbox
from tests.domain.template.making import brief, problem, refused, rendered, template_of

ROW = {"x": "v", "big": "a" * 1_000_000, "same": "a" * 999_999 + "b", "list": list(range(5_000))}

OUT_OF_REACH = "out of reach of templates"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ ''.__class__ }}", OUT_OF_REACH),
        ("{{ ''['__class__'] }}", OUT_OF_REACH),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", OUT_OF_REACH),
        ("{{ row.__class__ }}", "the row has no column '__class__'"),
        ("{{ row.__init__.__globals__ }}", OUT_OF_REACH),
        ("{{ row.x.__class__ }}", OUT_OF_REACH),
        ("{{ row.items.__self__ }}", OUT_OF_REACH),
        ("{{ row.x.upper.func }}", "has no 'func'"),
        ("{{ (1).__class__ }}", OUT_OF_REACH),
        ("{{ (1).real }}", "a number has no 'real'"),
        ("{{ none.__class__ }}", OUT_OF_REACH),
        ("{{ [].__class__ }}", OUT_OF_REACH),
        ("{{ ().__class__ }}", OUT_OF_REACH),
        ("{{ range.__class__ }}", OUT_OF_REACH),
        ("{{ range(3).__class__ }}", OUT_OF_REACH),
        ("{{ range(3).start }}", "has no 'start'"),
        ("{{ dict.__subclasses__() }}", OUT_OF_REACH),
        ("{{ dict.fromkeys('ab') }}", "has no 'fromkeys'"),
        ("{{ namespace.__init__.__globals__ }}", OUT_OF_REACH),
        ("{{ namespace()._Namespace__attrs }}", OUT_OF_REACH),
        ("{% for i in 'a' %}{{ loop._iterable }}{% endfor %}", OUT_OF_REACH),
        ("{% for i in 'a' %}{{ loop.__init__ }}{% endfor %}", OUT_OF_REACH),
        ("{% for i in 'a' %}{{ loop('a') }}{% endfor %}", "cannot be called"),
        ("{{ undefined.__class__ }}", OUT_OF_REACH),
        ("{{ lipsum.__globals__ }}", OUT_OF_REACH),
        ("{{ cycler.__init__ }}", OUT_OF_REACH),
        ("{{ lipsum }}", "'lipsum' is undefined"),
        ("{{ cycler(1) }}", "'cycler' is undefined"),
        ("{{ joiner() }}", "'joiner' is undefined"),
        ("{{ '{0.__class__}'.format(1) }}", "text has no 'format'"),
        ("{{ '{x.__class__}'.format_map(row) }}", "text has no 'format_map'"),
        ("{{ 'x'.encode() }}", "text has no 'encode'"),
        ("{{ '%s' % 'x' }}", "the filter format"),
        ("{{ [row] | map(attribute='__class__') | list }}", "no column '__class__'"),
        ("{{ [row] | map(attribute='x.__class__') | list }}", OUT_OF_REACH),
        ("{{ [1, 2] | sort(attribute='__class__') }}", OUT_OF_REACH),
        ("{{ [1] | groupby('__class__') }}", OUT_OF_REACH),
        ("{{ [1] | selectattr('__class__') | list }}", OUT_OF_REACH),
        ("{{ [1] | map('attr', '__class__') | list }}", "No filter named 'attr'"),
        ("{{ [1].append(2) }}", "a list has no 'append'"),
        ("{{ row.update(x=1) }}", "the row has no column 'update'"),
        ("{{ row.clear() }}", "the row has no column 'clear'"),
        ("{{ caller() }}", "'caller' is undefined"),
        ("{{ '/etc/passwd' | readfile }}", "may not be read"),
    ],
    ids=brief,
)
def test_nothing_leads_to_python(source: str, said: str) -> None:
    assert said in refused(source, ROW)


@pytest.mark.parametrize(
    "name", ["attr", "pprint", "random", "xmlattr", "safe", "urlize", "striptags", "forceescape"]
)
def test_filters_of_no_use_are_not_there(name: str) -> None:
    assert name in FILTERS
    assert f"there is no filter {name!r}" in problem(template_of(f"{{{{ x | {name} }}}}"))


def test_a_row_cannot_be_changed_by_a_template() -> None:
    row = {"l": [1]}
    assert rendered("{% set l = row.l + [2] %}{{ l }}{{ row.l }}", row) == "[1, 2][1]"
    assert row == {"l": [1]}


TEXT = f"a text of more than {limits.MAX_CHARS:,} characters"
ITEMS = f"a list of more than {limits.MAX_ITEMS:,} items"
BITS = f"a number of more than {limits.MAX_BITS:,} bits"
DOUBLED = "{% set a = 'x' %}" + "{% set a = ONE %}" * 40 + "{{ a }}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ 'a' * 10 ** 9 }}", TEXT),
        ("{{ 10 ** 9 * 'a' }}", TEXT),
        ("{{ [1] * 10 ** 9 }}", ITEMS),
        ("{{ ['a' * 1000000] * 1000 }}", TEXT),
        ("{{ 10 ** (10 ** 10) }}", BITS),
        ("{{ 2 ** 5000 }}", BITS),
        ("{{ range(10 ** 9) }}", "a range of more than 100,000 numbers"),
        ("{{ 'x' | center(10 ** 9) }}", TEXT),
        ("{{ 'x'.center(10 ** 9) }}", TEXT),
        ("{{ 'x'.ljust(10 ** 9) }}", TEXT),
        ("{{ 'x'.rjust(10 ** 9) }}", TEXT),
        ("{{ 'x'.zfill(10 ** 9) }}", TEXT),
        ("{{ 'x\nx' | indent(10 ** 9) }}", TEXT),
        ("{{ ('x\n' * 100000) | indent('y' * 1000) }}", TEXT),
        ("{{ '%1000000000d' | format(1) }}", "a width of more than 999"),
        ("{{ '%*d' | format(1000000000, 1) }}", "a width of more than 999"),
        ("{{ '%.1000000000f' | format(1.0) }}", "a width of more than 999"),
        ("{{ ('%(a)s' * 100) | format(a=row.big) }}", TEXT),
        ("{{ row.big | replace('a', row.big) }}", TEXT),
        ("{{ row.big | replace('', row.big) }}", TEXT),
        ("{{ row.big.replace('a', row.big) }}", TEXT),
        ("{{ row.big.join(row.list | map('string')) }}", TEXT),
        ("{{ row.list | join(row.big) }}", TEXT),
        ("{{ row.big | list }}", ITEMS),
        ("{{ (row.big ~ row.big) | sort }}", "sort takes at most 1,000,000 characters"),
        ("{{ (row.big ~ row.big) | title }}", "title takes at most 1,000,000 characters"),
        ("{{ (row.big ~ row.big).split('a') }}", "split takes at most 1,000,000 characters"),
        ("{{ row.big.split('a') }}", ITEMS),
        ("{{ [1] | batch(10 ** 9, 'x') | list }}", "groups of 1 to 10,000"),
        ("{{ [1] | slice(10 ** 9) | list }}", "groups of 1 to 10,000"),
        ("{{ 5 | round(-10 ** 9) }}", "more than 20 digits"),
        ("{{ 5 | round(10 ** 9, 'ceil') }}", "more than 20 digits"),
        ("{{ row.list | tojson(indent=10 ** 9) }}", "0 to 16 spaces"),
        ("{{ [[1]] | sum(start=[]) }}", "sum adds numbers"),
        (DOUBLED.replace("ONE", "a ~ a"), TEXT),
        (DOUBLED.replace("ONE", "a + a"), TEXT),
        (DOUBLED.replace("ONE", "[a, a]"), ITEMS),
        (DOUBLED.replace("ONE", "(a, a)"), ITEMS),
        (DOUBLED.replace("ONE", "{'a': a, 'b': a}"), ITEMS),
        (DOUBLED.replace("ONE", "dict(a=a, b=a)"), ITEMS),
        (DOUBLED.replace("ONE", "[a, a] | join"), TEXT),
        (DOUBLED.replace("ONE", "a | replace('x', 'xx')"), TEXT),
        ("{% set a = 'x' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40, TEXT),
        ("{% set n = namespace(a=2) %}{% for i in range(9999) %}{% set n.a = n.a * n.a %}{% endfor %}", BITS),
        ("{% set n = namespace(a=2) %}{% for i in range(9999) %}{% set n.a = n.a + n.a %}{% endfor %}", BITS),
        ("{% set n = namespace(a='x') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}", TEXT),
        ("{% for i in range(100000) %}{{ row.big }}{% endfor %}", TEXT),
        ("{% set x %}{% for i in range(100000) %}{{ row.big }}{% endfor %}{% endset %}", TEXT),
        ("{% for i in range(100000) %}{% set x = row.big[1:] %}{% endfor %}", "it makes more than 128,000,000"),
        ("".join(f"{{% set a{i} = row.big * 30 %}}" for i in range(9)), "it makes more than 128,000,000"),
    ],
    ids=brief,
)
def test_nothing_large_is_made(source: str, said: str) -> None:
    assert said in refused(source, ROW)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{% for a in row.big if a == 'b' %}{% for b in row.big %}{% endfor %}{% endfor %}" * 9,
        "{% for i in range(100000) %}{% if row.big == row.same %}{% endif %}{% endfor %}",
        "{% for i in range(100000) %}{% if row.big is upper or row.same is lower %}{% endif %}{% endfor %}",
        "{% for i in range(100000) %}{{ row.list | sum }}{% endfor %}",
        "{% for i in range(100000) %}{{ row.list }}{% endfor %}",
        "{% for i in range(100000) %}{{ row.list | tojson | length }}{% endfor %}",
        "{% for i in range(100000) %}{% set x = row.big | upper | length %}{% endfor %}",
        "{% set n = namespace(l=[]) %}{% for i in range(100000) %}{% set n.l = n.l + [i] %}{% endfor %}",
        "{% set n = namespace(l=[]) %}{% for i in range(100000) %}{% set n.l = [n.l] %}{% endfor %}",
        "{{ range(100000) | map('string') | map('center', 99) | map('upper') | list | length }}" * 9,
    ],
    ids=brief,
)
def test_nothing_goes_on_for_long(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.05)
    said = refused(source, ROW)
    assert "of computing for one row" in said or "it makes more than" in said


def test_what_one_row_took_is_not_held_against_the_next() -> None:
    meter = Sandbox().meter
    for _ in range(9):
        meter.begin()
        meter.weigh("x" * (limits.MAX_MADE // 2))


def test_namespaces_that_hold_themselves_are_not_written_out() -> None:
    assert rendered("{% set n = namespace() %}{% set n.n = n %}{{ n ~ '' }}") == "<namespace>"
    nested = "{% set n = 1 %}" + "{% set n = namespace(a=n, b=n) %}" * 40
    assert rendered(nested + "{{ [n] }}") == "[<namespace>]"


def test_lists_that_are_too_deep_are_an_error_and_no_crash() -> None:
    loop = "{% set n = namespace(l=[]) %}{% for i in range(1500) %}{% set n.l = [n.l] %}{% endfor %}"
    for use in ("{{ n.l }}", "{{ n.l | tojson }}"):
        assert refused(loop + use)


def test_filters_without_a_name_cannot_be_reached() -> None:
    assert "expected token" in problem(template_of("{{ x | ' made' }}"))
