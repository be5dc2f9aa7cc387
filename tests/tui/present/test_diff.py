import math

import pytest

from batchtui.domain.comparison import Pair, Summary
from batchtui.domain.judging import Votes
from batchtui.domain.result import ResultFacts, Tokens
from batchtui.domain.selection import StoredResult
from batchtui.tui.present.diff import Opinions, alike, cells, chip_line, chips, delta, status_line


def stored(**facts: object) -> StoredResult:
    tokens = Tokens(output=facts.pop("output", 0))  # type: ignore[arg-type]
    found = ResultFacts("row", tokens=tokens, **{"type": "succeeded", **facts})  # type: ignore[arg-type]
    return StoredResult(1, "msgbatch_1", 1, 0, 0, found, 0.0, 0, 0)


def texts(pair: Pair, similarity: float = math.nan) -> list[str]:
    return [cell.text for cell in cells(pair, similarity, "left", None)]


def summary(**counts: int) -> Summary:
    zero = {"same": 0, "changed": 0, "outcome": 0, "only_left": 0, "only_right": 0}
    return Summary(left=None, right=None, **{**zero, **counts})  # type: ignore[arg-type]


def test_a_pair_in_cells() -> None:
    left, right = stored(output=100, text_chars=400), stored(output=150, text_chars=390)
    assert texts(Pair("row", "changed", left, right, 0), 0.5) == [
        "≠ changed",
        "row",
        "50%",
        "✓ succeeded",
        "150    +50",
        "-10",
        "◀ left",
        "",
    ]


def test_outcomes_are_told_with_errors_and_flags() -> None:
    failed = stored(type="errored", error_type="overloaded_error")
    cut = stored(flags=("truncated",))
    assert texts(Pair("row", "outcome", stored(), failed, 0))[3] == "✓ succeeded → ✗ overloaded_error"
    assert texts(Pair("row", "changed", stored(), cut, 0))[3] == "✓ succeeded → ◐ truncated"
    assert texts(Pair("row", "left", failed, None, 0))[3] == "✗ overloaded_error → —"


@pytest.mark.parametrize(
    ("similarity", "words"), [(math.nan, ""), (1.0, "100%"), (0.9999, "99%"), (0.994, "99%"), (0.0, "0%")]
)
def test_only_what_is_wholly_alike_is_a_hundred_percent(similarity: float, words: str) -> None:
    assert alike(similarity) == words


def test_differences_have_a_sign() -> None:
    assert [delta(number) for number in (0, 1_200, -3)] == ["0", "+1,200", "-3"]


def test_chips_are_of_kinds_that_are_there_and_all_have_their_counts() -> None:
    found = summary(changed=2, same=1)
    assert chips(found) == ["all", "changed", "same"]
    assert chips(None) == ["all"]
    line = "".join(cell.text for cell in chip_line(found, "changed", ("yes", "no")))
    assert line.startswith("[yes → no] [changed 2]")
    assert "outcome 0" in line
    assert line.rstrip().endswith("all 3")


def test_notes_stand_below_only_while_nothing_else_does() -> None:
    notes = ("new still runs.", "Another.")
    assert "new still runs.  (and 1 more: b)" in status_line(0, "", 0, notes, is_searching=False)[0].text
    assert "2 rows marked" in status_line(2, "", 0, notes, is_searching=False)[0].text
    assert status_line(0, "", 0, (), is_searching=False) == []


def test_agreement_is_counted_where_both_said_something() -> None:
    opinions = Opinions({"a": "left", "b": "tie", "c": "left"}, {"a": "left", "b": "right", "d": "tie"}, Votes())
    assert opinions.agreeing == (1, 2)
