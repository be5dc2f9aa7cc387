"""Rows stay open while they are read, whatever is chosen meanwhile."""

import asyncio
from pathlib import Path

import pytest

from batchtui.domain.errors import DataError
from batchtui.services.recent import DataChoice
from batchtui.tui.open_rows import OpenRows, absolute


def choice(path: Path, rows: int = 3) -> DataChoice:
    path.write_text("a\n" + "".join(f"{row}\n" for row in range(rows)))
    return DataChoice(str(path))


async def test_rows_that_are_read_stay_open_until_the_reader_is_done(tmp_path: Path) -> None:
    first, second = choice(tmp_path / "first.csv"), choice(tmp_path / "second.csv", 5)
    data = OpenRows()
    async with data.reading(first) as rows:
        assert await data.counted(second) == 5
        assert [row.values for row in rows] == [{"a": number} for number in range(3)]
        data.close()
        assert rows.at(2).values == {"a": 1}
    with pytest.raises(ValueError, match="closed"):
        rows.at(2)


async def test_rows_are_opened_once_and_anew_after_they_were_let_go_of(tmp_path: Path) -> None:
    given = choice(tmp_path / "rows.csv")
    data = OpenRows()
    async with data.reading(given) as first, data.reading(given) as second:
        assert first is second
    assert (await data.counted(given), data.count, data.version) == (3, 3, 0)
    data.close()
    assert (data.count, data.version) == (None, 1)
    choice(tmp_path / "rows.csv", 4)
    assert await data.counted(given) == 4
    data.close()


async def test_one_count_is_waited_for_by_all_and_survives_those_who_do_not(tmp_path: Path) -> None:
    given = choice(tmp_path / "rows.csv", 50_000)
    data = OpenRows()
    impatient = asyncio.create_task(data.counted(given))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await asyncio.gather(data.counted(given), data.counted(given)) == [50_000, 50_000]
    assert impatient.cancelled()
    data.close()


async def test_a_count_ends_when_its_rows_are_let_go_of(tmp_path: Path) -> None:
    given = choice(tmp_path / "rows.csv", 50_000)
    data = OpenRows()
    async with data.reading(given):
        counting = asyncio.create_task(data.counted(given))
        await asyncio.sleep(0.01)
        data.close()
        with pytest.raises(asyncio.CancelledError):
            await counting
    assert data.count is None


async def test_what_is_wrong_is_told_by_whoever_asks(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n3\n")
    data = OpenRows()
    for _ in range(2):
        with pytest.raises(DataError, match="line 3"):
            await data.counted(DataChoice(str(path)))
    data.close()


def test_a_choice_means_the_same_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert absolute(DataChoice("rows.csv")).source == str(tmp_path / "rows.csv")
    assert absolute(DataChoice("~/rows.csv", "SELECT 1")) == DataChoice("/home/somebody/rows.csv", "SELECT 1")
