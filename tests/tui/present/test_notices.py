"""What toasts and the desktop say of news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from batchtui.domain.batch import Counts, StoredBatch
from batchtui.domain.news import News, Occasion, Spend, words
from batchtui.domain.watching import Kind
from batchtui.tui.present.desktop import MAX_CHARS, desktop_text, notice_sequence
from batchtui.tui.present.notices import NEWS_SHOWN, Notice, news_notices
from tests.tui.present.make import NOW, batch


def news(kind: Kind, stored: StoredBatch) -> News:
    return News(1, Occasion(kind, stored.id, stored.profile, stored.base_url), NOW, stored)


def failing(**fields: Any) -> StoredBatch:
    return batch(counts=Counts(succeeded=963, errored=37), **fields)


def test_all_ends_are_told_in_one_notice() -> None:
    (one,) = news_notices([news("ended", failing())])
    assert (one.text, one.is_error) == ("faq ended: 963 succeeded, 37 failed — r retries them", False)
    (two,) = news_notices([news("ended", failing()), news("ended", failing())])
    assert two.text.startswith("2 batches ended, 74 requests failed")
    assert news_notices([]) == []


def test_an_end_with_many_failures_is_told_once_and_as_trouble() -> None:
    (one,) = news_notices([news("ended", failing()), news("failed", failing())])
    assert (one.text, one.is_error) == ("faq ended: 963 succeeded, 37 failed — r retries them", True)
    (late,) = news_notices([news("failed", failing())])
    assert (late.text, late.is_error) == ("faq: 37 of 1,000 rows failed", True)


def test_much_trouble_at_once_is_one_notice() -> None:
    (one,) = news_notices([news("late", batch(status="in_progress"))] * (NEWS_SHOWN + 30))
    assert len(one.text.splitlines()) == NEWS_SHOWN + 1
    assert one.text.endswith("… and 30 more")


def test_news_in_words() -> None:
    running = batch(status="in_progress", counts=Counts(processing=1_000))
    assert running.batch.expires_at is not None
    now = running.batch.expires_at - timedelta(minutes=50)
    assert words(news("late", running), now) == "faq: 1,000 requests still running, 50m before they expire"
    assert "the API drops the results on" in words(news("vanishing", batch()), NOW)
    spend = Occasion("spend", "x", "work", "u", Spend("2026-11-20", 21.3, 20.0))
    assert words(News(1, spend, NOW), NOW) == "work spent $21.30 on 2026-11-20, more than the budget of $20.00"


@pytest.mark.parametrize(
    ("environ", "sequence"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;batchtui: a; b\x1b\\"),
        ({"TERM": "xterm-kitty"}, "\x1b]9;batchtui: a; b\x1b\\"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]777;notify;batchtui;a, b\x1b\\"),
        ({"TERM_PROGRAM": "ghostty"}, "\x1b]777;notify;batchtui;a, b\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;batchtui;a, b\x1b\\"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;notify;batchtui;a, b\x1b\\"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM_PROGRAM": "Apple_Terminal"}, ""),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "ghostty"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "socket"}, ""),
        ({}, ""),
    ],
)
def test_only_a_terminal_that_has_notices_is_asked_for_one(environ: dict[str, str], sequence: str) -> None:
    assert notice_sequence(environ, "a; b") == sequence


def test_nothing_in_a_notice_ends_the_sequence() -> None:
    hostile = Notice("rivers\x1b\\\x07\x9c\x1b]52;c;aGk=\x07\n\u202eended" + "x" * 10_000)
    text = desktop_text(hostile)
    assert len(text) <= MAX_CHARS
    for environ in ({"TERM": "xterm-kitty"}, {"TERM": "foot"}):
        sequence = notice_sequence(environ, text)
        inside = sequence.removeprefix("\x1b]").removesuffix("\x1b\\")
        assert not any(char < " " or "\x7f" <= char <= "\x9f" or char == "\u202e" for char in inside)
