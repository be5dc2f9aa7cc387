from collections.abc import Sequence

import pytest

from batchtui.tui.present.plots import AXIS_CELLS, cloud, day_bars
from batchtui.tui.widgets.table_model import Cell

MONTH = [(f"2026-11-{day:02}", float(day), 0.0) for day in range(1, 31)]


def texts(lines: Sequence[Sequence[Cell]]) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lines]


def test_a_bar_is_as_high_as_what_was_spent_and_estimates_stand_on_top() -> None:
    days = [
        ("2026-11-01", 4.0, 0.0),
        ("2026-11-02", 2.0, 2.0),
        ("2026-11-03", 0.0, 0.0),
        ("2026-11-04", 0.001, 0.0),
    ]
    assert [line.rstrip() for line in texts(day_bars(days, 40, 5))] == [
        "   $4.00 ███ ░░░",
        "         ███ ░░░",
        "         ███ ███",
        "      $0 ███ ███     ▁▁▁",
        "         2026-11-04",
    ]


def test_an_eighth_is_seen() -> None:
    top, *_ = texts(day_bars([("2026-11-01", 1.0, 0.0), ("2026-11-02", 13 / 16, 0.0)], 40, 3))
    assert top.split() == ["$1.00", "███", "▅▅▅"]


def test_where_there_is_little_room_the_last_days_are_shown() -> None:
    lines = texts(day_bars(MONTH, AXIS_CELLS + 20, 4))
    assert lines[-1].strip() == "2026-11-30"
    assert len(lines[0]) == AXIS_CELLS + 20
    assert lines[0].rstrip().endswith("█")


@pytest.mark.parametrize("width", [1, 10, 30, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 5, 12])
def test_plots_fit(width: int, height: int) -> None:
    points = [(10**power, 60.0 * 2**power) for power in range(6)]
    for lines in (day_bars(MONTH, width, height), day_bars([], width, height), cloud(points, width, height)):
        assert len(lines) == max(2, height)
        assert all(len(line) <= max(width, AXIS_CELLS + 10) for line in texts(lines))


def test_batches_lie_where_their_size_and_their_time_are() -> None:
    lines = texts(cloud([(1, 60.0), (1, 60.0), (100_000, 36_000.0)], AXIS_CELLS + 50, 7))
    assert lines[0].endswith(" " * 49 + "·")
    assert lines[5][AXIS_CELLS:].rstrip() == "█"
    assert lines[-1].split() == ["1", "10", "100", "1k", "10k", "100k"]
    assert lines[0].split()[0][-1:] == "m"
