from __future__ import annotations

import pytest

from batchtui.domain.filter import NO_FILTER, ResultTerm, parse_result_filter


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("", ()),
        ("  ", ()),
        ("blue", (ResultTerm("", "blue"),)),
        ("!blue", (ResultTerm("", "blue", negated=True),)),
        ('"blue sky" x', (ResultTerm("", "blue sky"), ResultTerm("", "x"))),
        ("status:failed", (ResultTerm("status", "failed"),)),
        ('!error:"over loaded"', (ResultTerm("error", "over loaded", negated=True),)),
        ("stop:end model:haiku", (ResultTerm("stop", "end"), ResultTerm("model", "haiku"))),
        ("flag:check: id:row-1", (ResultTerm("flag", "check:"), ResultTerm("id", "row-1"))),
        ("tokens>500", (ResultTerm("tokens", "", ">", 500.0),)),
        ("tokens>=1,500", (ResultTerm("tokens", "", ">=", 1500.0),)),
        ("!input<20k", (ResultTerm("input", "", "<", 20_000.0, negated=True),)),
        ("cost<=$0.01 cost>.5", (ResultTerm("cost", "", "<=", 0.01), ResultTerm("cost", "", ">", 0.5))),
        ("chars=1_000 attempt:2", (ResultTerm("chars", "", "=", 1000.0), ResultTerm("attempt", "", "=", 2.0))),
        # While it is being typed, a term asks for nothing.
        ("status: tokens> cost>= !", ()),
        # What is not understood is a word.
        ("tokens>many", (ResultTerm("", "tokens>many"),)),
        ("http://x a=1 status>2", (ResultTerm("", "http://x"), ResultTerm("", "a=1"), ResultTerm("", "status>2"))),
        ("Status:failed", (ResultTerm("", "Status:failed"),)),
        ("[/foo] 100%", (ResultTerm("", "[/foo]"), ResultTerm("", "100%"))),
        ('"open', (ResultTerm("", "open"),)),
    ],
)
def test_a_filter_line_is_read_term_by_term(line: str, terms: tuple[ResultTerm, ...]) -> None:
    assert parse_result_filter(line).terms == terms
    assert bool(parse_result_filter(line)) == bool(terms)


def test_no_filter_is_what_an_empty_line_stands_for() -> None:
    assert parse_result_filter("") == NO_FILTER
