import json

import pytest

from batchtui.domain.result import Tokens
from batchtui.domain.selection import StoredResult
from batchtui.services.find import Target
from batchtui.tui.present import bodies
from batchtui.tui.present import results as present
from batchtui.tui.present.empty import NOTHING, head_line, no_results
from tests.tui.present.make import NOW, batch, result, texts


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (result(), ("✓ succeeded", "ok")),
        (result(flags=("truncated",)), ("◐ truncated", "warn")),
        (result(flags=("refused",)), ("⊘ refused", "warn")),
        (result(type_="errored"), ("✗ errored", "bad")),
        (result(type_="expired"), ("◷ expired", "bad")),
        (result(type_="canceled"), ("⊘ canceled", "bad")),
        (result(type_="of the future"), ("? of the future", "warn")),
    ],
)
def test_outcome_by_shape_word_and_colour(row: StoredResult, cell: tuple[str, str]) -> None:
    assert present.outcome(row) == cell


def test_a_row_says_what_came_back_or_what_went_wrong() -> None:
    good = result(stop_reason="end_turn", model="claude-haiku-5-5", tokens=Tokens(output=1200), preview="A river.")
    assert texts(present.cells(good)) == [
        *("✓ succeeded", "row-1", "", "claude-haiku-5-5", "1,200", "$0.01", "A river.", "1")
    ]
    bad = result(type_="errored", error_type="overloaded_error", error_message="Overloaded")
    assert texts(present.cells(bad)) == ["✗ errored", "row-1", "overloaded_error", "", "", "", "Overloaded", "1"]
    assert len(present.cells(good)) == len(present.columns(with_attempt=True))


def test_chips_are_of_what_there_is() -> None:
    counts = {"all": 9, "succeeded": 6, "failed": 3, "errored": 2, "expired": 1, "truncated": 0, "new": 1}
    assert present.chips(counts) == ["all", "succeeded", "failed", "errored", "expired", "new"]
    assert present.chips({"all": 3, "succeeded": 1, "failed": 2, "errored": 2}) == ["all", "succeeded", "errored"]
    assert present.chips({}) == ["all"]


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_the_chosen_chip_stays_in_sight(width: int) -> None:
    counts = {"all": 9000, "succeeded": 6000, "errored": 2000, "expired": 1000, "truncated": 10, "refused": 1}
    for chosen in present.chips(counts):
        line = "".join(texts(present.chip_line(counts, chosen, width)))
        assert f"[{chosen} " in line[:width]


def test_a_failure_is_explained_with_what_to_do() -> None:
    expired = bodies.text_body(result(type_="expired"), {}).text
    assert "24 hours" in expired
    assert "sent again as it is" in expired
    invalid = result(type_="errored", error_type="invalid_request_error", error_message="bad model")
    assert "bad model" in bodies.text_body(invalid, {}).text
    assert "has to be changed" in bodies.text_body(invalid, {}).text
    denied = result(type_="errored", error_type="permission_error")
    assert "would not help" in bodies.text_body(denied, {}).text


def test_an_answer_without_text_says_what_it_holds() -> None:
    assert bodies.text_body(result(), {"content": [{"type": "text", "text": "hi"}]}).text == "hi"
    assert "tool_use" in bodies.text_body(result(), {"content": [{"type": "tool_use"}]}).text
    assert "empty" in bodies.text_body(result(), {"content": []}).text


def test_json_is_spread_out_and_what_is_none_is_shown_as_it_is() -> None:
    assert json.loads(bodies.json_body(b'{"a":"\xc3\xa9"}').text) == {"a": "é"}
    assert bodies.json_body(b"\xff not json").text == "\ufffd not json"
    assert "not known" in bodies.request_body(None).text


def test_usage_has_every_token() -> None:
    tokens = Tokens(1, 2, 3, 4, 5, 6, 7)
    text = bodies.usage_body(result(tokens=tokens)).text
    assert [line.split()[-1] for line in text.split("\n")[1:8]] == list("1234567")


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (batch(status="in_progress"), "It still runs, for 2h, 22h of 24h left."),
        (batch(results="none"), "not here yet"),
        (batch(results="gone"), "gone"),
        (batch(), "no results"),
    ],
)
def test_an_empty_list_says_why(stored: object, says: str) -> None:
    target = Target(None, (stored,), is_job=False)  # type: ignore[arg-type]
    assert says in no_results(target, {}, NOW)
    assert "arriving: 1.2 MB" in no_results(target, {"msgbatch_01abc": 1_200_000}, NOW)
    assert no_results(None, {}, NOW) == NOTHING
    assert "Nothing fits" in no_results(target, {}, NOW, narrowed=True)
    assert texts(head_line(None, NOW)) == ["Results"]
