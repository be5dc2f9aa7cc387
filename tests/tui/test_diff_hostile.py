"""Text from outside in the diff room: nothing of it is markup, nothing of it is a command to the terminal."""

import json

import pytest

from batchtui.domain.comparison import Matrix
from batchtui.services.workbench import Workbench
from batchtui.tui.diff_reading import VIEWS
from batchtui.tui.widgets.label_matrix import LabelMatrix
from tests.tui.conftest import NARROW, WIDE, make_app, until, until_shown
from tests.tui.diffing import bring_home, compare_two
from tests.tui.screen_text import HOSTILE, screen_text, uneven_lines, unsafe_characters
from tests.tui.test_hostile import assert_harmless

TEXTS = {name: text[:5_000] for name, text in HOSTILE.items()}


async def hostile_two(bench: Workbench) -> None:
    """Put two batches in the store with hostile ids and answers, a row failed on either side, and hostile names."""
    texts = list(TEXTS.values())
    ids = [f"{number:02} {text[:100]}" for number, text in enumerate(texts)]
    left: dict[str, str | None] = dict(zip(ids, texts, strict=True))
    right: dict[str, str | None] = {
        i: f"before {text}\nafter" for i, text in zip(ids, reversed(texts), strict=True)
    }
    for number, text in enumerate(texts):
        left[f"json {number}"] = json.dumps({text[:200]: text[:200], "same": 1})
        right[f"json {number}"] = json.dumps({text[:200]: f"{text[:200]} too", "same": 1})
    left["failed"] = right["gone"] = None
    await bring_home(bench, "old", left, hours_ago=2)
    await bring_home(bench, "new", right, hours_ago=1)
    for stored, name in zip(
        bench.store.batches.list(), ("[/foo] \x1b]0;owned\x07", "[@click=app.bell]x[/]"), strict=True
    ):
        await bench.store.jobs.rename(stored.job_id, name)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_over_the_diff(bench: Workbench, size: tuple[int, int]) -> None:
    await hostile_two(bench)
    app = make_app(bench)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = await compare_two(pilot)
        assert screen.source is not None
        assert "[/foo]" in screen_text(app)
        for index in range(len(screen.source)):
            screen.table.move_to(screen.source.key_at(index))
            for _ in VIEWS if index % 7 == 0 else VIEWS[:1]:
                await pilot.pause()
                assert_harmless(app, f"{screen.reading.view} of row {index}")
                if index % 7 == 0:
                    screen.action_next_view()
        for key in ("b", "a", "L", "i", "c", "w", "p", "z"):
            await pilot.press(key)
            await pilot.pause()
            assert_harmless(app, key)
        for keys in (["y", "escape"], ["x", "escape"], ["d", "escape"]):
            await pilot.press(keys[0])
            await pilot.pause(0.1)
            # A dialog may cut an emoji of the room behind it in two, which makes that line uneven and nothing else.
            assert unsafe_characters(app) == set()
            await pilot.press(keys[1])


async def test_labels_are_shown_as_they_stand(bench: Workbench) -> None:
    labels = [text[:200] for name, text in TEXTS.items() if "surrogate" not in name]
    old: dict[str, str | None] = {f"row-{number}": label for number, label in enumerate(labels * 3)}
    new: dict[str, str | None] = dict(zip(old, reversed(labels * 3), strict=True))
    await bring_home(bench, "old", old, hours_ago=2)
    await bring_home(bench, "new", new, hours_ago=1)
    app = make_app(bench)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await compare_two(pilot)
        await pilot.press("L")
        await until(pilot, lambda: bool(app.screen.query(LabelMatrix)))
        matrix = app.screen.query_one(LabelMatrix)
        matrix.show(Matrix(tuple(labels), tuple(labels), {}), "[/foo] \x1b[2J")
        for _ in labels:
            await pilot.press("down", "right")
            assert unsafe_characters(app) == set()
            assert uneven_lines(app) == []
        screen.narrow_to_label(("[/foo]", "\x1b[2J"), ())
        await until_shown(pilot, "[[/foo] →")
        assert unsafe_characters(app) == set()
