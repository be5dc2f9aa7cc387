import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content

from batchtui.domain.diff import diff_lines, fold
from batchtui.tui.text import clean
from batchtui.tui.widgets.diff_layout import Layout, Note
from batchtui.tui.widgets.diff_pane import DiffPane, DiffView
from tests.tui.screen_text import HOSTILE, screen_lines, screen_text, uneven_lines, unsafe_characters

LEFT = "one\ntwo words here\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\n"
RIGHT = "one\ntwo other words\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\nelevenfold\ntwelve\n"

LETTERS = st.sampled_from([*"abc ,.\n\t", "\r\n", "漢", "é", "e\u0301", "👍🏽", "العربية", "\x1b[2J"])
TEXTS = st.lists(LETTERS, max_size=60).map("".join)


class PaneApp(App[None]):
    def compose(self) -> ComposeResult:
        yield DiffPane()


def laid_out(left: str, right: str, width: int, columns: int) -> Layout:
    layout = Layout(diff_lines(left, right), width, columns=2 if columns == 2 else 1)
    layout.go_on(lambda _place: False)
    return layout


def sides(layout: Layout) -> tuple[str, str]:
    """Return the texts that stand on the lines of a layout, lines of one column for both sides where equal."""
    texts: list[list[str]] = [[], []]
    for at, place in enumerate(layout.places):
        line = layout.lines[place.line]
        left = (line.left, place.left)
        # One column shows what is equal once.
        right = left if line.kind == "same" and place.right is None else (line.right, place.right)
        for text, (piece, span) in zip(texts, (left, right), strict=True):
            if piece is not None and span is not None:
                if layout.begins_line(at):
                    text.append("")
                text[-1] += piece.text[slice(*span)]
    return "\n".join(texts[0]), "\n".join(texts[1])


def readable(text: str) -> str:
    """Return a text as it can be painted, without the end of its last line."""
    lines = clean(text).split("\n")
    if lines[-1] == "":
        lines.pop()
    return "\n".join(line.expandtabs(4) for line in lines)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 30), st.sampled_from([1, 2]))
def test_the_lines_hold_all_of_both_texts(left: str, right: str, width: int, columns: int) -> None:
    # Line ends are shown only where they alone differ; the texts here end their lines in one way.
    left, right = left.replace("\r\n", "\n"), right.replace("\r\n", "\n")
    shown = sides(laid_out(left, right, width, columns))
    shown = tuple(text.replace("␊", "") for text in shown)  # type: ignore[assignment]
    assert shown == (readable(left), readable(right))


@pytest.mark.parametrize("columns", [1, 2])
def test_no_line_is_wider_than_its_column(columns: int) -> None:
    layout = laid_out("漢字かな交じり文 " * 40, "plain words " * 40, 17, columns)
    for place in layout.places:
        line = layout.lines[place.line]
        for piece, span in ((line.left, place.left), (line.right, place.right)):
            if piece is not None and span is not None:
                assert cell_len(piece.text[slice(*span)].rstrip()) <= 17


def test_line_ends_are_shown_where_only_they_differ() -> None:
    layout = laid_out("same\r\nwords\n", "same\nwords", 40, 2)
    texts = [piece.text for line in layout.lines for piece in (line.left, line.right) if piece]
    assert texts == ["same␍␊", "same␊", "words␊", "words"]


async def test_side_by_side_where_there_is_room_and_inline_where_not() -> None:
    app = PaneApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.query_one(DiffPane).show(Content("title"), fold(diff_lines(LEFT, RIGHT)))
        await pilot.pause()
        text = screen_text(app)
        (changed,) = [line for line in screen_lines(app) if "words here" in line]
        assert "two other words" in changed
        assert changed.index("- two words here") < changed.index("│") < changed.index("+ two other words")
        assert "equal lines" in text
        app.query_one(DiffView).set_side_by_side(False)
        await pilot.pause()
        lines = [line.strip() for line in screen_lines(app)]
        assert any(line.endswith("- two words here") for line in lines)
        assert any(line.endswith("+ two other words") for line in lines)
        assert any(line.endswith("+ twelve") for line in lines)
        assert uneven_lines(app) == []
        await pilot.resize_terminal(80, 20)
        app.query_one(DiffView).set_side_by_side(True)
        await pilot.pause()
        assert app.query_one(DiffView).columns == 1


async def test_what_is_changed_is_told_without_colours() -> None:
    """Signs stand before changed lines, and changed words are underlined: a monochrome terminal has both."""
    app = PaneApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.query_one(DiffPane).show(Content("title"), diff_lines("a red fox\n", "a blue fox\n"))
        await pilot.pause()
        view = app.query_one(DiffView)
        segments = list(view.render_line(0))
        underlined = {segment.text.strip() for segment in segments if segment.style and segment.style.underline}
        assert underlined == {"red", "blue"}
        assert [segment.text for segment in segments if segment.text in {"- ", "+ "}] == ["- ", "+ "]


async def test_goes_from_change_to_change() -> None:
    left = "\n".join(f"line {number}" for number in range(200)) + "\n"
    right = left.replace("line 50\n", "line fifty\n").replace("line 150\n", "line 150 and more\n")
    app = PaneApp()
    async with app.run_test(size=(80, 12)) as pilot:
        view = app.query_one(DiffView)
        app.query_one(DiffPane).show(Content("title"), diff_lines(left, right))
        await pilot.pause()
        assert "fifty" in screen_text(app)
        assert view.go_to_change(1)
        await pilot.pause()
        assert "150 and more" in screen_text(app)
        assert not view.go_to_change(1)
        assert view.go_to_change(-1)
        await pilot.pause()
        assert "fifty" in screen_text(app)
        assert not view.go_to_change(-1)


async def test_a_long_diff_is_laid_out_in_turns_and_to_its_end() -> None:
    words = random.Random(1)
    lines = [" ".join(words.choices(["alpha", "beta", "漢字", "gamma"], k=40)) for _ in range(4_000)]
    rows = diff_lines("\n".join(lines), "\n".join([*lines[:-1], "the end"]))
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(DiffView)
        app.query_one(DiffPane).show(Content("title"), [Note("first"), *rows])
        assert not view.is_laid_out
        while not view.is_laid_out:
            await pilot.pause(0.01)
        await pilot.pause()
        # The first change is the last line, and it was scrolled to when it was found.
        assert "the end" in screen_text(app)
        assert view.virtual_size.height > 4_000


async def test_another_width_keeps_the_line_on_top() -> None:
    text = "\n".join(f"{number} " + "words " * 30 for number in range(300))
    app = PaneApp()
    async with app.run_test(size=(120, 20)) as pilot:
        view = app.query_one(DiffView)
        app.query_one(DiffPane).show(Content("title"), diff_lines(text, text))
        await pilot.pause()
        view.scroll_to(y=view._layout.first_of(100), animate=False, force=True)
        await pilot.pause()
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert screen_lines(app)[1].split()[2] == "100"


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_hostile_text_is_shown_as_it_stands(size: tuple[int, int]) -> None:
    app = PaneApp()
    async with app.run_test(size=size) as pilot:
        pane = app.query_one(DiffPane)
        texts = {name: text[:20_000] for name, text in HOSTILE.items()}
        for (name, text), other in zip(texts.items(), reversed(texts.values()), strict=True):
            for left, right in ((text, other), (text, f"before {text} after"), (f"x {text}\ny", f"{text}\ny")):
                pane.show(Content("title"), diff_lines(left, right))
                await pilot.pause()
                assert unsafe_characters(app) == set(), name
                assert uneven_lines(app) == [], name
        pane.show(Content("title"), diff_lines("[/foo] [bold]x[/bold]", "[/foo] [@click=app.bell]y[/]"))
        await pilot.pause()
        assert "[@click=app.bell]y[/]" in screen_text(app)
