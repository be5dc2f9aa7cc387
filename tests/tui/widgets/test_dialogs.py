from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from batchtui.tui.widgets.dialogs import ConfirmScreen, PromptScreen
from batchtui.tui.widgets.literal import literal
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters

UNANSWERED = object()
SIZES = [(80, 24), (160, 50)]


class DialogApp(App[None]):
    def __init__(self, dialog: ModalScreen[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.answer: object = UNANSWERED

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answered)

    def answered(self, answer: object) -> None:
        self.answer = answer


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["enter"], False),
        (["right", "enter"], True),
        (["tab", "enter"], True),
        (["right", "left", "enter"], False),
        (["y", "y", "n"], True),
    ],
)
@pytest.mark.parametrize("danger", [True, False])
async def test_only_a_plain_yes_confirms(keys: list[str], answer: bool, danger: bool) -> None:
    app = DialogApp(ConfirmScreen("Retry 37 of 1,000?", ["About $0.04"], confirm_label="Retry", danger=danger))
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.focused is not None
        assert app.focused.id == "dialog-cancel"
        assert app.answer is UNANSWERED
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answer is answer


async def test_buttons_can_be_clicked() -> None:
    app = DialogApp(ConfirmScreen("Cancel batch?"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("#dialog-confirm")
        await pilot.pause()
        assert app.answer is True


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_questions_are_only_text(text: str) -> None:
    short = text[:2000]
    app = DialogApp(
        ConfirmScreen(short, [short, literal(short)], confirm_label=short[:30], cancel_label=short[:30])
    )
    async with app.run_test(size=(80, 24)) as pilot:
        assert unsafe_characters(app) == set()
        assert uneven_lines(app) == []
        await pilot.press("y")
        await pilot.pause()
        assert app.answer is True


@pytest.mark.parametrize("size", [*SIZES, (20, 6), (3, 1), (1, 1)])
async def test_questions_of_any_text_stand_on_any_screen(size: tuple[int, int]) -> None:
    everything = [text[:500] for text in HOSTILE.values()]
    app = DialogApp(ConfirmScreen(" ".join(everything), everything, danger=True))
    async with app.run_test(size=size) as pilot:
        await pilot.press("G", "ctrl+u")
        await pilot.pause()
        assert unsafe_characters(app) == set()
        assert uneven_lines(app) == []
        await pilot.press("y")
        await pilot.pause()
        assert app.answer is True


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_body_scrolls_and_leaves_the_buttons_in_view(size: tuple[int, int]) -> None:
    app = DialogApp(ConfirmScreen("Long", [f"line {number}" for number in range(100)], confirm_label="Send"))
    async with app.run_test(size=size) as pilot:
        assert "Send (y)" in screen_text(app)
        assert "line 0" in screen_text(app)
        await pilot.press("down", "pagedown", "G")
        await pilot.pause()
        assert "line 99" in screen_text(app)
        assert app.screen.query_one("#dialog-confirm", Button).region.bottom <= size[1]


@pytest.mark.parametrize("size", [(160, 50), (20, 6), (1, 1)])
async def test_a_prompt_stands_on_any_screen(size: tuple[int, int]) -> None:
    app = DialogApp(PromptScreen("Rename", help="A name for this job " * 50, check=lambda _: "no"))
    async with app.run_test(size=size) as pilot:
        await pilot.press("x", "enter")
        await pilot.pause()
        assert uneven_lines(app) == []
        await pilot.press("escape")
        await pilot.pause()
        assert app.answer is None


async def test_a_prompt_gives_what_was_typed_or_nothing() -> None:
    app = DialogApp(PromptScreen("Rename", help="A name", value="old"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end", "e", "r", "enter")
        await pilot.pause()
        assert app.answer == "older"
    app = DialogApp(PromptScreen("Rename"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "escape")
        await pilot.pause()
        assert app.answer is None


async def test_a_prompt_says_what_is_wrong_and_asks_again() -> None:
    def check(text: str) -> str:
        return "" if text == "ok" else f"[/{text}] is wrong\x1b[2J"

    app = DialogApp(PromptScreen("Word", check=check))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o", "enter")
        await pilot.pause()
        assert app.answer is UNANSWERED
        assert "[/o] is wrong\ufffd[2J" in screen_text(app)
        await pilot.press("k")
        await pilot.pause()
        assert "is wrong" not in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.answer == "ok"


async def test_a_password_is_not_shown_and_pasting_drops_what_is_unsafe() -> None:
    app = DialogApp(PromptScreen("Key", password=True))
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen.query_one(Input).post_message(events.Paste("  sk-ant-secret\r\nsecond line"))
        await pilot.pause()
        assert "secret" not in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.answer == "sk-ant-secret"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_prompts_values_and_pastes_are_only_text(text: str) -> None:
    short = text[:2000]
    app = DialogApp(
        PromptScreen(short, help=short[:300], value=short, placeholder=short, check=lambda _: short[:300])
    )
    async with app.run_test(size=(80, 24)) as pilot:
        assert unsafe_characters(app) == set()
        app.screen.query_one(Input).post_message(events.Paste(short))
        await pilot.press("enter")
        await pilot.pause()
        assert unsafe_characters(app) == set()
        assert app.answer is UNANSWERED
        app.screen.query_one(Input).value = ""
        await pilot.pause()
        assert unsafe_characters(app) == set()
