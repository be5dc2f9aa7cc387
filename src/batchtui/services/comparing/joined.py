"""From two sides to their pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchtui.domain.batch import StoredBatch
from batchtui.domain.comparison import Comparison, FileLines, Side, SideTotals, Summary, counted
from batchtui.domain.errors import InputError
from batchtui.domain.joining import NO_NAME, Answers, blank_repeated, join
from batchtui.domain.result import read_object
from batchtui.domain.selection import ResultKeys
from batchtui.services.comparing.answer_file import UNHARMED, column_value, read_answers
from batchtui.services.worker import Stop
from batchtui.store import Store
from batchtui.store.bulk_reading import ROWS
from batchtui.store.fingerprints import FingerprintMaker

ROWS_BETWEEN_STOPS = 1_000


@dataclass(frozen=True, slots=True)
class _Read:
    """A side as it was read; `anew` is what is to be kept of stored ones."""

    side: Side
    answers: Answers
    totals: SideTotals
    notes: tuple[str, ...]
    file: FileLines | None = None
    anew: dict[int, FingerprintMaker] | None = None


def compare(
    store: Store, left: Side, right: Side, on: str | None, stop: Stop
) -> tuple[Comparison, dict[int, FingerprintMaker]]:
    """Return two sides joined, and what is to be kept for the next time. Blocks."""
    of_left = _read(store, left, on, stop)
    of_right = of_left if right == left else _read(store, right, on, stop)
    pairs = join(of_left.answers, of_right.answers)
    numbers = counted(pairs.kinds)
    summary = Summary(
        of_left.totals,
        of_right.totals,
        numbers["same"],
        numbers["changed"],
        numbers["outcome"],
        numbers["left"],
        numbers["right"],
    )
    comparison = Comparison(
        of_left.side,
        of_right.side,
        summary,
        pairs,
        on,
        tuple(dict.fromkeys((*of_left.notes, *of_right.notes))),
        of_left.file,
        of_right.file,
    )
    return comparison, {**(of_left.anew or {}), **(of_right.anew or {})}


def _read(store: Store, side: Side, on: str | None, stop: Stop) -> _Read:
    if side.path is not None:
        file = read_answers(side.path, stop, on)
        notes = [
            (file.unreadable, "line is no result and is left out", "lines are no results and are left out"),
            (file.repeated, "line has the custom_id of another", "lines have the custom_id of another"),
        ]
        side = replace(side, ident=f"file:{file.sha256}")
        told = tuple(_counted(side, *note) for note in notes if note[0])
        return _Read(side, file.answers, file.totals, told + _on_notes(side, file.answers, on), file.lines)
    stored = store.comparing.answers(side)
    for batch in stored.batches:
        store.bodies.bring_back(batch.id)
    answers = stored.answers
    if on is not None:
        answers = replace(answers, names=_column(store, answers, on, stop))
    notes_of_batches = tuple(note for batch in stored.batches for note in _batch_notes(side, batch))
    return _Read(side, answers, stored.totals, notes_of_batches + _on_notes(side, answers, on), anew=stored.anew)


def _column(store: Store, answers: Answers, column: str, stop: Stop) -> list[bytes]:
    names: list[bytes] = []
    for line in store.bulk.inputs(ResultKeys(answers.keys), ROWS):
        if len(names) % ROWS_BETWEEN_STOPS == 0:
            stop.check()
        names.append(NO_NAME if line is None else column_value(read_object(line), column))
    return names


def _on_notes(side: Side, answers: Answers, on: str | None) -> tuple[str, ...]:
    """Return what a column does not say of a side; of rows with the same value the first keeps it.

    Raises `InputError` if no row has anything there: then nothing could be joined.
    """
    if on is None:
        return ()
    missing, repeated = blank_repeated(answers.names)
    if missing and missing == len(answers.names):
        raise InputError(
            f"{side.name}: no row has anything in a column {on!r}.",
            unharmed=UNHARMED,
            todo="Name a column of the data rows of both sides, or join on custom_id.",
        )
    notes = [
        (missing, f"row has nothing in {on!r}", f"rows have nothing in {on!r}"),
        (repeated, f"row repeats a value in {on!r}", f"rows repeat a value in {on!r}"),
    ]
    return tuple(_counted(side, *note) for note in notes if note[0])


def _batch_notes(side: Side, stored: StoredBatch) -> Sequence[str]:
    name = side.name if stored.id in side.ident else f"{side.name}, {stored.id}"
    if not stored.batch.has_ended:
        return [f"{name}: it still runs, and only what is here of it is compared."]
    if stored.results == "complete":
        return []
    if stored.results == "partial":
        return [f"{name}: its results are not all here yet."]
    if stored.results == "gone":
        return [f"{name}: its results are neither here nor at the API any more."]
    return [f"{name}: its results are not here yet."]


def _counted(side: Side, number: int, one: str, more: str) -> str:
    return f"{side.name}: {number:,} {one if number == 1 else more}."
