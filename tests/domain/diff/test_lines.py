"""Diffs are exact: what is shown makes the right of the left."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.domain.diff import DiffLine, Fold, diff_lines, fold, similarity, unified

WORDS = [
    "one", "two", "three", " ", "  ", "\t", "\n", "\r\n", "\r", "\u2028", "\x85", "\0", ",", ".", "{", "}",
    '"a": 1',
    "👍", "👩\u200d👩\u200d👧", "🇩🇪", "e\u0301", "مرحبا", "بالعالم", "中", "文", "价格是", "ไทย", "\ud800",
    "def f(x):",
]  # fmt: skip

texts = st.lists(st.sampled_from(WORDS), max_size=40).map("".join) | st.text(max_size=30)


def side(lines: list[DiffLine], name: str) -> str:
    return "".join(segment.text for line in lines for segment in getattr(line, name))


def kept(line: DiffLine, name: str) -> str:
    return "".join(segment.text for segment in getattr(line, name) if not segment.changed)


def bare(text: str) -> str:
    return "".join(text.split())


@given(texts, texts)
@settings(max_examples=300, deadline=None)
def test_what_is_shown_makes_the_right_of_the_left(left: str, right: str) -> None:
    lines = diff_lines(left, right)
    assert side(lines, "left") == left
    assert side(lines, "right") == right
    for line in lines:
        assert kept(line, "left") == kept(line, "right")
        assert (line.kind == "same") == (not any(segment.changed for segment in line.left + line.right))
        assert (line.left_number is None) == (line.kind == "added") == (not line.left)
        assert (line.right_number is None) == (line.kind == "removed") == (not line.right)
    numbers = [line.left_number for line in lines if line.left]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == left.count("\n") + (not left.endswith("\n") and bool(left))


@given(texts, texts)
@settings(max_examples=200, deadline=None)
def test_white_space_can_be_ignored(left: str, right: str) -> None:
    lines = diff_lines(left, right, ignore_white_space=True)
    assert side(lines, "left") == left
    assert side(lines, "right") == right
    for line in lines:
        if line.left and line.right:
            assert bare(kept(line, "left")) == bare(kept(line, "right"))
            assert not any(segment.changed and segment.text.isspace() for segment in line.left + line.right)


def test_words_are_marked() -> None:
    (line,) = diff_lines("The price is 12 EUR.", "The price was about 12 EUR.")
    assert line.kind == "changed"
    assert [segment.text for segment in line.left if segment.changed] == ["is"]
    assert [segment.text for segment in line.right if segment.changed] == ["was about"]


@pytest.mark.parametrize(
    ("left", "right", "gone", "new"),
    [
        ("价格是十二元。", "价格是十三元。", "二", "三"),
        ("السعر اثنا عشر", "السعر ثلاثة عشر", "اثنا", "ثلاثة"),
        ("thanks 👍 bye", "thanks 👎 bye", "👍", "👎"),
        ("cafe\u0301 now", "cafe now", "cafe\u0301", "cafe"),
        ("x = snake_case(1)", "x = snake_base(1)", "snake_case", "snake_base"),
        ("a\r\n", "a\n", "\r\n", "\n"),
        ("a\n", "a", "\n", None),
    ],
)
def test_words_of_any_script_are_whole(left: str, right: str, gone: str, new: str | None) -> None:
    (line,) = diff_lines(left, right)
    assert [segment.text for segment in line.left if segment.changed] == [gone]
    assert [segment.text for segment in line.right if segment.changed] == [new] * (new is not None)


def test_a_line_put_in_does_not_shift_the_others() -> None:
    left = "alpha beta gamma\ndelta epsilon zeta\neta theta iota\n"
    right = "something new here\nalpha beta GAMMA\ndelta epsilon zeta\neta theta\n"
    assert [line.kind for line in diff_lines(left, right)] == ["added", "changed", "same", "changed"]


def test_lines_that_differ_in_white_space_alone_are_the_same() -> None:
    left, right = "if x:\n    return  1\n", "if x:\r\n\treturn 1"
    assert {line.kind for line in diff_lines(left, right)} == {"changed"}
    assert {line.kind for line in diff_lines(left, right, ignore_white_space=True)} == {"same"}


def test_far_from_a_change_lines_are_folded() -> None:
    left = "".join(f"line {number}\n" for number in range(20))
    lines = diff_lines(left, left.replace("line 9\n", "LINE 9\n"))
    folded = fold(lines, context=2)
    assert folded[0] == Fold(7)
    assert folded[-1] == Fold(8)
    assert len(folded) == 7
    assert fold(diff_lines(left, left)) == diff_lines(left, left)


def test_very_long_texts_come_out_exactly_too() -> None:
    left = "".join(chr(0x4E00 + (number * number) % 1999) for number in range(60_000))
    right = left[:100] + "X" + left[150:30_000] + "Y" + left[30_000:]
    for one, other in [(left, right), ("a b " * 20_000, "b a " * 20_000), ("x\n" * 9_000, "y\nx\n" * 6_000)]:
        lines = diff_lines(one, other)
        assert side(lines, "left") == one
        assert side(lines, "right") == other


@given(texts, texts)
@settings(max_examples=300, deadline=None)
def test_how_much_alike_texts_are_is_a_share(left: str, right: str) -> None:
    share = similarity(left, right)
    assert 0 <= share <= 1
    assert (share == 1) == (left == right)


def test_texts_are_the_less_alike_the_more_of_them_differs() -> None:
    for size in (20, 2_000, 40_000):
        words = [f"w{number}" for number in range(size)]
        texts = [
            " ".join("x" if number % step == 0 else word for number, word in enumerate(words)) for step in (7, 3)
        ]
        few, many = (similarity(" ".join(words), text) for text in texts)
        assert 0.3 < many < few < 1


CASES = [
    ("", "a\n"),
    ("a\n", ""),
    ("a", "b"),
    ("a\nb", "a\nb\n"),
    ("a\r\nb\r\n", "a\nb\r\n"),
    ("".join(f"{n}\n" for n in range(60)), "".join(f"{n * (n % 17 != 0)}\n" for n in range(60)) + "end"),
    ("- a\n+ b\n\\ c\n", "+ b\n- a\n@@ -1 +1 @@\n"),
    ("مرحبا\n中文\n", "مرحبا\u2028\n中 文\n"),
    ("a\rb\n", "a\rc\n"),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_unified_diff_applies(number: int, tmp_path: Path) -> None:
    left, right = CASES[number]
    path, diff = tmp_path / "answer.txt", tmp_path / "change.diff"
    path.write_bytes(left.encode())
    diff.write_bytes(unified(left, right, "a/answer.txt", "b/answer.txt").encode())
    command = ["git", "apply", "--whitespace=nowarn", diff]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert path.read_bytes() == right.encode()


lines_of_text = st.lists(st.sampled_from(["a\n", "b\n", "c d\n", "\n", "e\r\n", "中\n"]), max_size=25).map("".join)


@given(lines_of_text, lines_of_text, st.sampled_from(["", "end"]), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_hunks_say_what_they_hold(left: str, right: str, end: str, context: int) -> None:
    lefts = (left + end).split("\n")
    diff = unified(left + end, right, "a", "b", context).split("\n")
    for number, line in enumerate(diff):
        if not line.startswith("@@ "):
            continue
        sizes = [int(part.partition(",")[2] or 1) for part in line[3:-3].split(" ")]
        start = abs(int(line[3:].split(" ")[0].partition(",")[0]))
        body = []
        for following in diff[number + 1 :]:
            if following[:1] not in {" ", "-", "+"}:
                if not following.startswith("\\"):
                    break
                continue
            body.append(following)
        assert [sum(one[0] in signs for one in body) for signs in (" -", " +")] == sizes
        shown = [one[1:] for one in body if one[0] in " -"]
        assert shown == lefts[start - 1 : start - 1 + len(shown)] or not shown


def test_equal_texts_have_no_unified_diff() -> None:
    assert unified("a\n", "a\n", "x", "y") == ""


def test_names_with_anything_in_them_are_quoted() -> None:
    diff = unified("a", "b", "two words", 'new\nline"')
    assert diff.splitlines()[:2] == ["--- two words\t", '+++ "new\\nline\\""']
