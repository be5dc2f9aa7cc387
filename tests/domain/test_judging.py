"""Reading what a judge says, and counting it."""

from __future__ import annotations

import pytest

from batchtui.domain.judging import Votes, read_choice, votes


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ('{"reason": "A says B", "verdict": "B"}', "B"),
        ('  {"verdict": " tie "}\n', "tie"),
        ('```json\n{"verdict": "a"}\n```', "A"),
        ('```\n{"verdict": "A"}```', "A"),
        ("A", "A"),
        ("b.", "B"),
        ("Tie", "tie"),
        ("", None),
        ("A is better.", None),
        ('{"verdict": "C"}', None),
        ('{"verdict": 1}', None),
        ('{"verdict": "A"', None),
        ('{"choice": "A"}', None),
        ("[" * 100_000, None),
        ('{"a":' * 100_000, None),
        ("```" + "\n" * 20_000 + "x", None),
        ("```json\n" + " " * 20_000 + "```x", None),
    ],
)
@pytest.mark.timeout(20)
def test_a_choice_is_read_only_where_it_is_clear(text: str, choice: str | None) -> None:
    assert read_choice(text) == choice


def test_the_share_is_of_rows_that_one_side_won() -> None:
    counted = votes(["left", "right", "right", "right", "tie", "tie"], failed=2)
    assert counted == Votes(left=1, right=3, ties=2, failed=2)
    assert (counted.total, counted.decided, counted.right_share) == (6, 4, 0.75)
    low, high = counted.interval
    # Wilson's interval of 3 of 4, from a table.
    assert (round(low, 3), round(high, 3)) == (0.301, 0.954)


def test_without_votes_nothing_is_known() -> None:
    assert votes([]).right_share is None
    assert votes(["tie"]).interval == (0.0, 1.0)
