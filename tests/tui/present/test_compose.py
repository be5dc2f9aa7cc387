"""What the compose screen says, without a screen."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.errors import InputError
from batchtui.domain.estimate import Estimate
from batchtui.domain.lint import Problem
from batchtui.services.compose import Survey
from batchtui.services.recent import DataChoice
from batchtui.services.templates import TemplateEntry
from batchtui.tui.drafts import DataFacts, Draft, Found, Look, TemplateKey
from batchtui.tui.present import compose as present
from batchtui.tui.present.data import choice_words, found_words, given_fields, parse_fields
from batchtui.tui.present.params import indented, readable

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEY = TemplateKey("listed", "reviews")


def entry(**fields: Any) -> TemplateEntry:
    given = {"origin": "home", "description": "", "problem": "", "changed_at": NOW - timedelta(hours=3)} | fields
    return TemplateEntry(name="reviews", path=Path("reviews.yaml"), **given)


def text(lines: list[list[Any]]) -> str:
    return "\n".join("".join(cell.text for cell in line) for line in lines)


def survey(**fields: Any) -> Survey:
    given = {
        "rows": 1_200,
        "chosen": 1_200,
        "requests": 1_200,
        "body_bytes": 14_000_000,
        "parts": (1_200,),
        "estimate": Estimate(100, 200, 0.12, 0.8, 1.6),
        "problems": (),
        "counts": {},
        "error_count": 0,
    }
    return Survey(**given | fields)


def test_a_request_is_read_as_text() -> None:
    params = {
        "model": "m",
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}},
        "thinking": {"type": "adaptive"},
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "look", "description": "Looks it up"}, {"type": "odd"}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4_000}},
                    {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}},
                    {"type": "text", "text": "What is it?"},
                ],
            },
            {"role": "assistant", "content": "{"},
            "no message",
        ],
    }
    lines = readable("a-1", params).split("\n")
    assert lines[:3] == ["custom_id  a-1", "model  m", 'thinking  { "type": "adaptive" }']
    body = "\n".join(lines)
    for part in (
        "── system ──\nBe brief.\n[cached up to here]",
        "── user ──\n[image: image/png, 3.0 kB]\n[document: url https://x.example/a.pdf]\n[document: text/plain, ",
        "What is it?\n\n── assistant ──\n{",
        '── message ──\n"no message"',
        "── tools ──\nlook: Looks it up",
    ):
        assert part in body
    assert body.index("── tools ──") < body.index("── output_config ──\n{")


@pytest.mark.parametrize("messages", ["text", {"a": 1}, None, 3])
def test_odd_params_are_shown_and_not_an_error(messages: object) -> None:
    assert json.dumps(messages) in readable("a", {"messages": messages, "tools": messages}).replace(
        "\n", ""
    ).replace("  ", "")


def test_json_over_several_lines_keeps_every_value_as_it_is() -> None:
    line = b'{"custom_id":"a","params":{"temperature":1.0,"big":12345678901234567890,"text":"\\u00e9\xc3\xa9"}}'
    assert "".join(part.strip() for part in indented(line).split("\n")).replace(": ", ":").encode() == line


def test_all_rows_with_problems_and_parts() -> None:
    problems = (
        Problem(7, "", "render", "'txt' is not there"),
        Problem(9, "a", "old", "it goes", severity="warning"),
    )
    found = survey(parts=(700, 500), chosen=900, problems=problems, counts={"render": 2, "old": 3}, error_count=2)
    data = DataFacts(DataChoice("rows.csv"), "csv", ("a",), 1_200)
    shown = text(present.facts(Look(1, "", data=data), found, is_counting=False))
    assert "✗ 2 problems in 900 rows" in shown
    assert "row 7: 'txt' is not there" in shown
    assert "! 3 warnings: it goes" in shown
    assert "1,200 requests of 1,200 rows, 14 MB, 2 parts of up to 700" in shown
    assert "$0.12 to $0.80  standard up to $1.60" in shown


def test_an_unknown_price_is_said() -> None:
    estimate = Estimate(1, 1, None, None, None, ("claude-next",))
    assert "unknown (claude-next)" in text(present.price_lines(estimate))


def test_a_draft_follows_its_file_unless_it_was_changed() -> None:
    draft = Draft(KEY, "a", "a")
    draft.follow(Found(entry(), "b"))
    assert (draft.text, draft.is_changed, draft.was_changed_elsewhere) == ("b", False, False)
    draft.text = "mine"
    draft.follow(Found(entry(), None))
    draft.follow(Found(entry(), "b"))
    assert not draft.was_changed_elsewhere
    draft.follow(Found(entry(), "theirs"))
    assert (draft.text, draft.saved, draft.was_changed_elsewhere) == ("mine", "b", True)


def test_the_list_says_what_a_template_is() -> None:
    draft = Draft(KEY, "a", "a", entry())
    assert [cell.text for cell in present.template_row(draft, NOW)] == ["", "reviews", "3h ago", ""]
    draft.text = "b"
    assert present.template_row(draft, NOW)[0].text == "●"
    draft.entry = entry(problem="line 1: bad")
    assert present.template_row(draft, NOW)[0].text == "✗"
    draft.entry = entry(origin="shipped", changed_at=None)
    assert present.template_row(draft, NOW)[2].text == "shipped"


def test_what_is_typed_comes_back_as_it_was() -> None:
    choice = DataChoice("a b.csv", "SELECT 1", "cp1252", "row.a > 1", 5, {"name": "two words", "x": "a=b"})
    assert parse_fields(given_fields(choice)) == choice
    assert parse_fields(given_fields(None)) == DataChoice("")
    assert choice_words(DataChoice("a.csv", where="x", limit=3)) == "a.csv  where x  limit 3"
    assert found_words(DataFacts(choice, "csv", ("a", "b"), 7)) == "csv, 7 rows, 2 columns: a, b"


@pytest.mark.parametrize(
    ("field", "value"), [("limit", "many"), ("limit", "0"), ("limit", "-1"), ("values", "a"), ("values", "'a=b")]
)
def test_what_cannot_be_meant_is_said(field: str, value: str) -> None:
    with pytest.raises(InputError, match=r"First|Set"):
        parse_fields(given_fields(None) | {field: value})
