"""Results as people and programs read them: rows from the index, bodies from the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from batchtui.domain.errors import UnknownIdError
from batchtui.domain.facets import Facets
from batchtui.domain.filter import NO_FILTER, ResultFilter
from batchtui.domain.numbers import Numbers
from batchtui.domain.result import output_text, read_object
from batchtui.domain.search import Search
from batchtui.domain.selection import ResultKey, ResultKeys, Selection, StoredResult
from batchtui.domain.unicode import well_formed
from batchtui.services.find import Target
from batchtui.store import Store

ROWS_AT_ONCE = 500


class Reader:
    """Reads the results of a batch or job from the store; needs no network."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def selection(
        self,
        target: Target,
        *,
        only: str | None = None,
        final: bool = False,
        where: ResultFilter = NO_FILTER,
    ) -> Selection:
        """Return the selection of a target's results.

        `only` is an outcome, `failed`, or a flag; `final` leaves one row a custom_id; `where` is what a filter
        line asks for.
        """
        return Selection(
            batch_keys=tuple(stored.key for stored in target.batches), final=final, only=only, where=where
        )

    def keys(self, selection: Selection) -> ResultKeys:
        """Return the rows of a selection in the order it asks for."""
        return self._store.results.keys(selection)

    def first(self, selection: Selection, limit: int) -> ResultKeys:
        """Return the first rows of a selection, or none where that would take as long as to return all."""
        return self._store.results.first(selection, limit)

    def count(self, selection: Selection) -> dict[str, int]:
        """Return how many results there are by type and by flag, `failed` and `all`; `only` is not applied."""
        return self._store.results.count(selection)

    def facets(self, selection: Selection) -> Facets:
        """Return how many results there are by stop reason, model and flag, and groups of equal errors."""
        return self._store.results.facets(selection)

    def numbers(self, selection: Selection) -> Numbers:
        """Return tokens, costs and lengths of a selection."""
        return self._store.results.numbers(selection)

    async def search(
        self, selection: Selection, search: Search, on_hits: Callable[[ResultKeys], object] | None = None
    ) -> ResultKeys:
        """Return the rows of a selection whose whole output or error holds a text, in the order of the selection.

        `on_hits` is called with blocks of hits as they are found, in the order of the files. Can be cancelled.
        """
        return await self._store.results.search(selection, search, on_hits)

    async def search_everywhere(
        self, search: Search, on_hits: Callable[[int, ResultKeys], object] | None = None
    ) -> list[tuple[int, ResultKeys]]:
        """Return the batches on disk whose results hold a text, newest first, with the hits of each."""
        return await self._store.results.search_everywhere(search, on_hits)

    def is_archived(self, target: Target) -> bool:
        """Return whether something of a target lies compressed, so that the first line read takes long."""
        return any(self._store.bodies.is_archived(stored.id) for stored in target.batches)

    def bring_back(self, target: Target) -> None:
        """Put what is archived of a target back in place; can take seconds, so not on the event loop."""
        for stored in target.batches:
            self._store.bodies.bring_back(stored.id)

    def rows(self, keys: Iterable[ResultKey]) -> Iterator[StoredResult]:
        """Yield rows by key, read a block at a time."""
        block: list[ResultKey] = []
        for key in keys:
            block.append(key)
            if len(block) == ROWS_AT_ONCE:
                yield from self._store.results.rows(block)
                block.clear()
        yield from self._store.results.rows(block)

    def line(self, row: StoredResult) -> bytes:
        """Return the exact bytes of a result line, without its newline."""
        return self._store.results.line(row)

    def message(self, row: StoredResult) -> dict[str, Any]:
        """Return the `message` of a succeeded row, empty for any other."""
        if not row.facts.succeeded:
            return {}
        message = read_object(self.line(row))["result"].get("message")
        return message if isinstance(message, dict) else {}

    def text(self, row: StoredResult) -> str:
        """Return the whole output of a succeeded row, empty for any other."""
        return output_text(self.message(row))

    def request_line(self, row: StoredResult) -> bytes | None:
        """Return the exact request line of a row, or None if the requests of its batch are not known."""
        if not self._store.batches.by_key(row.batch_key).requests_known:
            return None
        return self._store.requests.line(row.batch_key, row.facts.custom_id)

    def request(self, row: StoredResult) -> dict[str, Any] | None:
        """Return the params sent for a row, or None if the requests of its batch are not known."""
        try:
            line = self.request_line(row)
        except UnknownIdError:
            return None
        if line is None:
            return None
        params = read_object(line).get("params")
        return params if isinstance(params, dict) else None

    def data_row(self, row: StoredResult) -> dict[str, Any] | None:
        """Return the row of data that the request of a row was made from, or None if it was made from none."""
        line = self._store.requests.row_line(row.batch_key, row.facts.custom_id)
        return None if line is None else read_object(line)

    def times_sent(self, row: StoredResult) -> int:
        """Return in how many attempts of its job the request of a row was sent, 0 where it is not known."""
        return self._store.requests.times_sent(row.batch_key, row.facts.custom_id)

    def as_object(self, row: StoredResult, *, join: bool = False) -> dict[str, Any]:
        """Return a row as the object that `results --json` prints; `join` puts beside it what it was made from."""
        facts, message = row.facts, self.message(row)
        return {
            "custom_id": facts.custom_id,
            "batch_id": row.batch_id,
            "attempt": row.attempt,
            "type": facts.type,
            "error_type": facts.error_type,
            "error_message": facts.error_message,
            "stop_reason": facts.stop_reason,
            "model": facts.model,
            "text": output_text(message) if facts.succeeded else None,
            "usage": message.get("usage"),
            "cost_usd": row.cost_usd,
            "flags": list(facts.flags),
            "note": row.note or None,
            "request": self.request(row) if join else None,
            "row": self.data_row(row) if join else None,
        }


def to_json(value: object) -> bytes:
    """Return any JSON-like value as bytes, lone surrogates as U+FFFD."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(value))


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
