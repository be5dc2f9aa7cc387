import pytest

from batchtui.domain.filter import Filter, Term, parse_filter

FIELDS = ("status", "name", "model")
ROW = {"status": "failed ended", "name": "FAQ nightly", "model": "claude-haiku-5-5", "note": "see http://x"}


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("", True),
        ("   ", True),
        ("faq", True),
        ("nightly FAQ", True),
        ("weekly", False),
        ("status:failed", True),
        ("status:FAILED name:faq", True),
        ("status:running", False),
        ("name:failed", False),
        ("!running", True),
        ("!faq", False),
        ("!status:failed", False),
        ("!status:running haiku", True),
        ('name:"FAQ n"', True),
        ('"faq n"', True),
        ('"faq nightly and', False),
        ("http://x", True),
        ("other:thing", False),
        ("status:", True),
        ("!", True),
        ('"', True),
        ("[/foo]", False),
    ],
)
def test_a_line_keeps_what_it_says(line: str, holds: bool) -> None:
    assert parse_filter(line, FIELDS).holds(ROW) is holds


def test_terms_are_told_apart() -> None:
    assert parse_filter('!status:a "b c" x:y', FIELDS) == Filter(
        (Term("a", "status", negated=True), Term("b c"), Term("x:y"))
    )
    assert not parse_filter("  status: ", FIELDS)
