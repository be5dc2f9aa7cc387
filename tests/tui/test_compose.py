"""Composing from the first key to the batch: real templates and data on disk, the simulator behind HTTP."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from batchtui.paths import Places
from batchtui.services.recent import DataChoice, Used
from batchtui.services.workbench import Workbench
from batchtui.simulator import Served
from batchtui.tui.app import BatchtuiApp
from batchtui.tui.flows.ask import agreed
from batchtui.tui.present.questions import Question
from batchtui.tui.screens.batches import BatchesScreen
from batchtui.tui.screens.compose import ComposeScreen
from batchtui.tui.screens.data_picker import DataPicker
from batchtui.tui.widgets.dialogs import ConfirmScreen, PromptScreen
from tests.services.conftest import posts
from tests.tui.conftest import NARROW, WIDE, make_app, make_bench, told, until, until_shown, until_told
from tests.tui.screen_text import screen_text

TEMPLATE = """\
description: What people feel in a review
custom_id: review-{{ row_number }}
params:
  model: claude-haiku-5-5
  max_tokens: 64
  messages:
    - role: user
      content: |
        Good or bad? {{ text }}
"""
ROWS = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text("stars,text\n" + "".join(f"{row % 5},a review number {row}\n" for row in range(1, ROWS + 1)))
    return path


@pytest.fixture
def template(places: Places) -> Path:
    places.templates.mkdir(parents=True)
    path = places.templates / "reviews.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def composed(template: Path, data: Path, bench: Workbench) -> Workbench:
    """Return a workbench whose one template was used with the data before."""
    bench.recent_data.remember(Used(template.stem, DataChoice(str(data))))
    return bench


def read(path: Path) -> str:
    return path.read_text()


def write(path: Path, text: str) -> None:
    path.write_text(text)


async def compose(pilot: Pilot[Any], *texts: str) -> ComposeScreen:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, ComposeScreen))
    await until_shown(pilot, *texts)
    assert isinstance(pilot.app.screen, ComposeScreen)
    return pilot.app.screen


async def answer_prompt(pilot: Pilot[Any], text: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_template_is_tried_priced_and_sent(
    composed: Workbench, server: Served, template: Path, size: tuple[int, int]
) -> None:
    app = make_app(composed)
    async with app.run_test(size=size, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30", "Good or bad? a review number 1", "not used stars", "30 requests, ")
        await until_shown(pilot, "standard up to")
        await pilot.press("b")
        await until_shown(
            pilot, "Send 30 requests?", "reviews reviews", "half the standard price", "profile default"
        )
        assert posts(server) == 0
        await pilot.press("y")
        await until_told(pilot, "reviews reviews is on its way: 30 requests")
    (stored,) = composed.store.batches.list()
    lines = composed.store.files.requests_path(stored.id).read_bytes().splitlines()
    assert [json.loads(line)["custom_id"] for line in lines] == [f"review-{row}" for row in range(1, ROWS + 1)]
    kept = composed.store.templates.of_batch(stored.key)
    assert kept is not None
    assert kept.text == TEMPLATE
    assert composed.store.requests.row_line(stored.key, "review-7") is not None


async def test_rows_are_gone_through_one_by_one_by_number_and_at_random(composed: Workbench) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30")
        await pilot.press("left")
        await until_shown(pilot, "row 1 of 30")
        await pilot.press("l", "right")
        await until_shown(pilot, "row 3 of 30", "a review number 3")
        await pilot.press("number_sign")
        await answer_prompt(pilot, "31")
        await until_shown(pilot, "There are 30 rows.")
        await answer_prompt(pilot, "30")
        await until_shown(pilot, "row 30 of 30", "a review number 30")
        await pilot.press("right")
        await pilot.press("h")
        await until_shown(pilot, "row 29 of 30")
        app.session.composing.data.count = 1
        await pilot.press("r")
        await until_shown(pilot, "row 1 of")


async def test_the_exact_json_is_shown(composed: Workbench) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30")
        await pilot.press("t")
        await until_shown(pilot, '"custom_id": "review-1"', '"content": "Good or bad? a review number 1')
        await pilot.press("t")
        await until_shown(pilot, "── user ──")


async def test_letters_go_into_the_text_and_the_preview_follows(composed: Workbench, template: Path) -> None:
    app = make_app(composed)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, "row 1 of 30")
        await pilot.press("enter")
        await until(pilot, lambda: screen.editor.has_focus)
        await pilot.press("ctrl+end", "backspace", "enter", *"Mind 1 quirk, by n.", "enter")
        await until_shown(pilot, "Mind 1 quirk, by n.", "● not saved")
        assert isinstance(app.screen, ComposeScreen)
        assert read(template) == TEMPLATE
        await pilot.press("escape")
        await until(pilot, lambda: screen.table.has_focus)
        await pilot.press("t", "t")
        await until_shown(pilot, "+        Mind 1 quirk, by n.")
        await pilot.press("ctrl+s")
        await until_told(pilot, "reviews is saved")
        assert "Mind 1 quirk, by n.\n" in read(template)
        assert "not saved" not in screen_text(app)


async def test_what_is_wrong_is_said_with_template_line_and_row(composed: Workbench, data: Path) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compose(pilot, "30 requests, ")
        for text, wanted in {
            TEMPLATE.replace("{{ text }}", "{{ txt }}"): "txt",
            TEMPLATE.replace("{{ text }}", "{{ text"): "line 9",
            TEMPLATE.replace("params:", "parms:"): "did you mean params?",
            TEMPLATE.replace("{{ row_number }}", "{{ stars }}"): "row 6",
            TEMPLATE.replace("max_tokens: 64", "max_tokens: many"): "max_tokens",
        }.items():
            screen.editor.load_text(text)
            await until_shown(pilot, "✗", wanted)
        await pilot.press("b")
        await until_told(pilot, "Nothing was")
        assert not isinstance(app.screen, ConfirmScreen)


async def test_rows_are_chosen_by_path_with_what_there_is_to_know(
    bench: Workbench, template: Path, data: Path, tmp_path: Path
) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "No rows yet", "d chooses")
        for key in ("b", "T", "right", "number_sign"):
            await pilot.press(key)
            await until_told(pilot, "There are no rows yet")
            app.clear_notifications()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DataPicker))
        fields = {field.id: field for field in app.screen.query(Input)}
        fields["source"].value = str(tmp_path / "none.csv")
        await pilot.press("enter")
        await until_shown(pilot, "no such file")
        fields["source"].value = str(data)
        await until_shown(pilot, "csv, 2 columns: stars, text")
        fields["where"].value = "row.stars <"
        await pilot.press("enter")
        await until_shown(pilot, "the expression")
        fields["where"].value = "row.stars < 2"
        fields["limit"].value = "5"
        await pilot.press("enter")
        await until_shown(pilot, "row 1 of 30", "5 requests of")
        await until(pilot, bench.recent_data.list)
        assert bench.recent_data.list()[0].choice.source == str(data)
        await pilot.press("d")
        await until_shown(pilot, "Used before", "where row.stars < 2")
        await pilot.press("escape")


async def test_a_query_of_a_sqlite_file(bench: Workbench, template: Path, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "reviews.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE reviews (stars, text)")
        connection.executemany("INSERT INTO reviews VALUES (?, ?)", [(1, "dull"), (5, "bright")])
    connection.close()
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "No rows yet")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DataPicker))
        fields = {field.id: field for field in app.screen.query(Input)}
        fields["source"].value = str(path)
        fields["query"].value = "SELECT text FROM reviews WHERE stars > 2"
        await pilot.press("enter")
        await until_shown(pilot, "row 1 of 1", "Good or bad? bright")


async def test_a_pipe_is_not_waited_for(bench: Workbench, template: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "No rows yet")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DataPicker))
        app.screen.query_one("#source", Input).value = str(pipe)
        await pilot.press("enter")
        await until_shown(pilot, "is a pipe or a device.")


async def test_a_live_trial_says_its_price_and_the_estimate_goes_by_it(composed: Workbench, server: Served) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compose(pilot, "30 requests, ", "guessed; T tries a row")
        await pilot.press("l", "T")
        await until_shown(pilot, "Send row 2 of reviews now?", "Full price, not half: up to")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))
        await pilot.press("T")
        await until_shown(pilot, "Send row 2 of reviews now?")
        await pilot.press("y")
        await until_told(pilot, "tokens in")
        await until_shown(pilot, "row 2, sent live", "output as in your trial")
        await pilot.press("j")
        await until(pilot, lambda: "sent live" not in screen_text(app))
        assert posts(server) == 0
    asked = [entry for entry in server.simulator.log if entry["path"] == "/v1/messages"]
    assert len(asked) == 1
    assert composed.store.batches.list() == []


async def test_a_template_is_begun_copied_renamed_and_deleted(bench: Workbench, places: Places) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "Template")
        await pilot.press("n")
        await answer_prompt(pilot, "no/good")
        await until_shown(pilot, "cannot be the name of a template")
        await answer_prompt(pilot, "letters")
        await until_shown(pilot, "letters", "your own")
        await pilot.press("c")
        await answer_prompt(pilot, "letters")
        await until_told(pilot, "There is a template 'letters' already.")
        await pilot.press("c")
        await answer_prompt(pilot, "cards")
        await until_shown(pilot, "cards your own")
        await pilot.press("e")
        await answer_prompt(pilot, "postcards")
        await until_shown(pilot, "postcards your own")
        assert sorted(path.name for path in places.templates.glob("*.yaml")) == ["letters.yaml", "postcards.yaml"]
        await pilot.press("D")
        await until_shown(pilot, "Delete postcards?")
        await pilot.press("y")
        await until(pilot, lambda: "postcards" not in screen_text(app))
        assert bench.templates.load("letters").params["max_tokens"] == 256
    assert [path.name for path in places.templates.glob("*.yaml")] == ["letters.yaml"]


async def test_what_is_not_saved_is_not_lost_by_moving_on_and_asked_about_when_quitting(
    composed: Workbench, template: Path
) -> None:
    app = make_app(composed)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, "row 1 of 30")
        await pilot.press("enter", "#", "escape", "1")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))
        await until_told(pilot, "Not saved: reviews.")
        await pilot.press("q")
        await until_shown(pilot, "Quit without saving?", "reviews")
        await pilot.press("n", "3")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("j", "k")
        await until_shown(pilot, "● not saved")
        await pilot.press("u")
        await until_shown(pilot, "Drop the changes in reviews?", "1 line added and 1 line removed")
        await pilot.press("y")
        await until(pilot, lambda: "not saved" not in screen_text(app))
        assert screen.editor.text == TEMPLATE
        await until_shown(pilot, "row 1 of 30")
        await pilot.press("q")
        await until(pilot, lambda: app._exit)
    assert read(template) == TEMPLATE


@pytest.mark.parametrize(("key", "on_disk", "here"), [("2", "theirs", "theirs"), ("3", "mine", "mine")])
async def test_what_another_program_wrote_is_not_overwritten_unasked(
    composed: Workbench, template: Path, key: str, on_disk: str, here: str
) -> None:
    theirs, mine = f"# theirs\n{TEMPLATE}", f"# mine\n{TEMPLATE}"
    app = make_app(composed)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, "row 1 of 30")
        screen.editor.load_text(mine)
        await until_shown(pilot, "● not saved")
        write(template, theirs)
        await app.session.composing.look()
        await until_shown(pilot, "✗ changed elsewhere")
        assert screen.editor.text == mine
        await pilot.press("ctrl+s")
        await until_shown(pilot, "reviews was changed meanwhile", "write mine over the file")
        assert read(template) == theirs
        await pilot.press(key)
        await until(pilot, lambda: "changed elsewhere" not in screen_text(app))
        assert read(template) == {"theirs": theirs, "mine": mine}[on_disk]
        assert screen.editor.text == {"theirs": theirs, "mine": mine}[here]


async def test_a_file_changed_elsewhere_is_taken_where_nothing_was_typed(
    composed: Workbench, template: Path
) -> None:
    app = make_app(composed)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30")
        write(template, TEMPLATE.replace("Good or bad?", "Kind or not?"))
        await until_shown(pilot, "Kind or not? a review number 1")


async def test_the_editor_of_the_user_takes_the_text_and_gives_it_back_without_the_key(
    composed: Workbench, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "an editor.py"
    editor.write_text(
        "import os, pathlib, sys\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        "key = os.environ.get('ANTHROPIC_API_KEY', 'no key')\n"
        "path.write_text(f'# {path.name} {path.stat().st_mode & 0o077:o} {key}\\n' + path.read_text())\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} '{editor}'")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    app = make_app(composed)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, "row 1 of 30")
        lend(app, monkeypatch)
        await pilot.press("O")
        await until_told(pilot, "reviews is changed and not saved yet")
        assert screen.editor.text.splitlines()[0] == "# reviews.yaml 0 no key"
        assert read(template) == TEMPLATE
        monkeypatch.setenv("VISUAL", "false")
        await pilot.press("O")
        await until_told(pilot, "The editor ended with an error")
        monkeypatch.setenv("VISUAL", "there-is-no-such-editor")
        await pilot.press("O")
        await until_told(pilot, "was not found")


def lend(app: BatchtuiApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an app without a terminal lend it."""
    from contextlib import nullcontext

    monkeypatch.setattr(app, "suspend", nullcontext)


async def test_a_job_is_composed_again_from_its_template_beside_todays(composed: Workbench, template: Path) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compose(pilot, "30 requests, ")
        await pilot.press("b")
        await until_shown(pilot, "Send 30 requests?")
        await pilot.press("y")
        await until_told(pilot, "is on its way")
        write(template, TEMPLATE.replace("Good or bad?", "Kind or not?"))
        await pilot.press("1", "t")
        await until_shown(pilot, "as a job was made from it", "Good or bad? a review number 1", "of a job")
        await pilot.press("t", "t")
        await until_shown(pilot, "-        Good or bad?", "+        Kind or not?")
        await pilot.press("ctrl+s")
        await answer_prompt(pilot, "reviews-as-sent")
        await until_shown(pilot, "reviews-as-sent your own")
        assert composed.templates.read("reviews-as-sent") == TEMPLATE


async def test_a_question_waits_until_the_text_is_left(bench: Workbench) -> None:
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, "shipped")
        await pilot.press("enter")
        await until(pilot, lambda: screen.editor.has_focus)
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await agreed(app, Question("Send 1 request?", ("about $1",), "Send")))

        app.start(ask)
        await pilot.press("y")
        assert screen.editor.text.startswith("y")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: answers == [False])


async def test_the_list_is_narrowed_sorted_and_given_all_the_room(composed: Workbench) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30", "translate")
        await pilot.press("z")
        await until_shown(pilot, "What it does")
        await pilot.press("z", "slash", *"feel", "enter")
        await until(pilot, lambda: "translate" not in screen_text(app))
        await until_shown(pilot, "reviews", "row 1 of 30")
        await pilot.press("escape", "s")
        await until_shown(pilot, "translate")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BatchesScreen))


async def test_a_click_takes_a_template_and_the_text(composed: Workbench) -> None:
    app = make_app(composed)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compose(pilot, "row 1 of 30", "classify")
        await pilot.click("TemplateTable", offset=(8, 2))
        await until_shown(pilot, "classify shipped", "ticket-1041")
        await pilot.click("TemplateEditor", offset=(20, 3))
        await until(pilot, lambda: screen.editor.has_focus)


async def test_a_job_without_a_template_says_so(bench: Workbench) -> None:
    from tests.tui.conftest import submit

    await submit(bench, "rivers", 3)
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await pilot.press("t")
        await until_told(pilot, "rivers was not made from a template.")


async def test_what_is_shipped_is_opened_as_a_copy(bench: Workbench, places: Places) -> None:
    from batchtui.domain.template.shipped import shipped_templates

    names = sorted(shipped_templates())
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        screen = await compose(pilot, *names, "shipped: saving makes a copy of your own")
        await pilot.press("D")
        await until_told(pilot, "Only a template of your own can be renamed or deleted")
        await pilot.press("enter", "#", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press("enter")
        await until_told(pilot, f"{names[0]} is saved, a template of your own")
        await until_shown(pilot, f"{names[0]} your own")
        assert screen.editor.text.startswith("#")
    assert (places.templates / f"{names[0]}.yaml").read_text().startswith("#")


async def test_a_read_only_profile_tries_and_sends_nothing(
    server: Served, places: Places, template: Path, data: Path
) -> None:
    bench = make_bench(places, server.base_url, read_only=True)
    bench.recent_data.remember(Used("reviews", DataChoice(str(data))))
    app = make_app(bench)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "row 1 of 30")
        for key in ("b", "T", "N"):
            await pilot.press(key)
            await until_told(pilot, "This is read-only")
            assert isinstance(app.screen, ComposeScreen)
            app.clear_notifications()
    await bench.close()
    assert posts(server) == 0


async def test_the_cap_of_the_settings_holds_for_a_trial_and_for_a_batch(
    composed: Workbench, server: Served
) -> None:
    app = make_app(composed, max_cost_usd=0.0)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await compose(pilot, "30 requests, ")
        for key in ("T", "b"):
            await pilot.press(key)
            await until_told(pilot, "more than $0.00")
            app.clear_notifications()
    assert not any(
        entry["path"] in {"/v1/messages", "/v1/messages/batches"} and entry["method"] == "POST"
        for entry in server.simulator.log
    )
    assert told(app) == ""
