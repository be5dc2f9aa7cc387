"""One change of a prompt is one change, whatever data the rows hold."""

from __future__ import annotations

import pytest

from batchtui.domain.comparison import RequestChanges
from batchtui.domain.request_diff import MANY, MOST_GROUPS, RequestDiffer

ROWS = 40


def data(number: int) -> str:
    return " ".join(f"w{(number * 37 + at * at) % 997}" for at in range(30))


def compared(left: str, right: str) -> RequestChanges:
    differ = RequestDiffer()
    for number in range(ROWS):
        texts = (prompt.format(t=data(number), n=f"n{number}") for prompt in (left, right))
        differ.add(*({"messages": [{"role": "user", "content": text}]} for text in texts))
    return differ.changes()


@pytest.mark.parametrize(
    ("left", "right", "changes"),
    [
        ("Sum up: {t}", "Sum up: {t}", set()),
        ("Sum up: {t}", "Please sum up: {t}", {("Sum", "Please sum")}),
        ("Sum up: {t}", "Sum up: {t}\n\nIn JSON.", {("", "\n\nIn JSON.")}),
        ("{t}\nSum up.", "{t}\nSum it up.", {("", "it ")}),
        ("Sum up {n}: {t} Use two lines.", "Sum up {n}: {t} Use one line.", {("two lines", "one line")}),
        (
            "Sum up this text of {n} for me: {t} End after two lines of it.",
            "Shorten this text of {n} for me: {t} End after one line of it.",
            {("Sum up ", "Shorten "), ("two lines", "one line")},
        ),
        ("请总结\uff1a{t}。谢谢", "请简短总结\uff1a{t}。非常感谢", {("", "简短"), ("谢", "非常感")}),
    ],
)
def test_a_change_in_all_rows_is_one(left: str, right: str, changes: set[tuple[str, str]]) -> None:
    found = compared(left, right)
    assert found.compared == ROWS
    assert found.equal == (0 if changes else ROWS)
    assert {group.path for group in found.groups} <= {"messages[0].content"}
    assert {(group.left, group.right) for group in found.groups} == changes
    assert all(found.is_everywhere(group) for group in found.groups)


def test_what_is_added_or_gone_is_told_by_its_path() -> None:
    differ = RequestDiffer()
    left = {"model": "a", "max_tokens": 1, "tools": [{"name": "x"}], "stop_sequences": ["a"]}
    right = {"model": "b", "temperature": 0, "tools": [{"name": "y"}], "stop_sequences": ["a", "b"]}
    differ.add(left, right)
    assert {(group.path, group.left, group.right) for group in differ.changes().groups} == {
        ("model", "a", "b"),
        ("max_tokens", "1", ""),
        ("temperature", "", "0"),
        ("tools[0].name", "x", "y"),
        ("stop_sequences", "", ', "b"'),
    }


def test_a_name_is_told_whole() -> None:
    differ = RequestDiffer()
    differ.add({"model": "claude-haiku-5-5"}, {"model": "claude-sonnet-5"})
    groups = differ.changes().groups
    assert [(group.left, group.right) for group in groups] == [("claude-haiku-5-5", "claude-sonnet-5")]


def test_true_and_1_are_two_values() -> None:
    differ = RequestDiffer()
    differ.add({"stream": True}, {"stream": 1})
    assert [(group.left, group.right) for group in differ.changes().groups] == [("true", "1")]


def test_rows_without_anything_in_common_do_not_grow_for_ever() -> None:
    differ = RequestDiffer()
    for number in range(MOST_GROUPS + 100):
        differ.add({"system": f"a{number}"}, {"system": f"b{number}"})
    changes = differ.changes()
    assert len(changes.groups) == MOST_GROUPS + 1
    assert (changes.groups[0].left, changes.groups[0].count) == (MANY, 100)
