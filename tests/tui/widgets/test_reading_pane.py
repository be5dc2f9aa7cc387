import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from batchtui.tui.widgets.highlight import Language
from batchtui.tui.widgets.literal import assemble
from batchtui.tui.widgets.reading_pane import BODY_CHARACTERS_MAX, ReadingPane, TextView
from tests.tui.screen_text import HOSTILE, screen_lines, screen_text, uneven_lines, unsafe_characters


class PaneApp(App[None]):
    def compose(self) -> ComposeResult:
        yield ReadingPane()

    def on_mount(self) -> None:
        self.query_one(TextView).focus()

    @property
    def pane(self) -> ReadingPane:
        return self.query_one(ReadingPane)


async def test_shows_title_and_wrapped_body() -> None:
    app = PaneApp()
    async with app.run_test(size=(20, 6)) as pilot:
        app.pane.show(assemble("row ", ("[1]", "bold")), "one two three four five\n\tsix")
        await pilot.pause()
        assert screen_lines(app)[:4] == [" row [1]", " one two three", " four five", "     six"]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
@pytest.mark.parametrize("language", ["text", "markdown", "json"])
async def test_hostile_bodies_and_titles_are_only_text(size: tuple[int, int], language: Language) -> None:
    app = PaneApp()
    async with app.run_test(size=size) as pilot:
        for text in HOSTILE.values():
            app.pane.show(text, text, language)
            await pilot.pause()
            assert unsafe_characters(app) == set()
            assert uneven_lines(app) == []
        app.pane.show("all", "\n".join(text[:500] for text in HOSTILE.values()), language)
        await pilot.pause()
        assert unsafe_characters(app) == set()
        assert uneven_lines(app) == []
        assert "[@click=app.bell]x[/]" in screen_text(app)


async def test_a_long_body_is_cut_and_says_so() -> None:
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.pane.show("long", "word " * BODY_CHARACTERS_MAX)
        await pilot.press("G")
        await pilot.pause()
        assert "cut after 262,144 of 1,310,720 characters" in screen_lines(app)[-1]


async def test_scrolls_by_keys_and_starts_each_body_at_its_top() -> None:
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        body = "\n".join(str(number) for number in range(500))
        app.pane.show("numbers", body)
        tops = []
        for key in ["j", "pagedown", "ctrl+d", "k", "ctrl+u", "pageup", "G", "g", "end"]:
            await pilot.press(key)
            await pilot.pause()
            tops.append(int(screen_lines(app)[1].split()[0]))
        assert tops == [1, 24, 35, 34, 23, 0, 477, 0, 477]
        app.pane.show("numbers", body, keep_place=True)
        await pilot.pause()
        assert screen_lines(app)[1].split()[0] == "477"
        app.pane.show("numbers", body)
        await pilot.pause()
        assert screen_lines(app)[1].split()[0] == "0"


async def test_another_width_keeps_the_first_words_on_top() -> None:
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.pane.show("words", " ".join(f"w{number:04}" for number in range(3000)))
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        first = screen_lines(app)[1].split()[0]
        await pilot.resize_terminal(31, 10)
        await pilot.pause()
        assert first in screen_lines(app)[1]
        for size in [(1, 1), (2, 2), (5, 1), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert uneven_lines(app) == []


async def test_selected_text_has_its_own_line_breaks() -> None:
    app = PaneApp()
    async with app.run_test(size=(20, 6)) as pilot:
        app.pane.show("title", "one two three four five\nsix")
        await pilot.pause()
        view = app.query_one(TextView)
        assert view.get_selection(Selection(Offset(4, 0), Offset(2, 2))) == ("two three four five\nsi", "\n")
        assert view.get_selection(Selection(None, None)) == ("one two three four five\nsix", "\n")
        assert view.get_selection(Selection(Offset(0, 0), Offset(0, 0))) == ("", "\n")
        await pilot.mouse_down(view, offset=(1, 0))
        await pilot.hover(view, offset=(7, 0))
        await pilot.mouse_up(view, offset=(7, 0))
        assert app.screen.get_selected_text() == "one two"


async def test_a_link_in_a_body_is_only_text() -> None:
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.pane.show("links", "https://example.com [x](https://example.com) [@click=app.quit]x[/]", "markdown")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            for _, style, _ in strip:
                assert style is None or style.link is None
                assert style is None or "@click" not in style.meta
