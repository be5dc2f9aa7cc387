"""What a person says of jobs and of results: notes, and flags on results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batchtui.domain.errors import UnknownIdError
from batchtui.domain.selection import ResultKey
from batchtui.services.find import Target
from batchtui.store import Store


class Remarks:
    """Writes flags and notes. They stay here: the API knows nothing of them.

    Those on results are about the custom_id in one batch, and outlive its index and another download. Raises
    `InputError` for a result without a custom_id.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def keys(self, target: Target, custom_ids: Iterable[str]) -> list[ResultKey]:
        """Return the results of a batch with these custom_ids, or the final answers of a job.

        Raises `UnknownIdError` for one that has no result here.
        """
        return [self._key(target, custom_id) for custom_id in custom_ids]

    async def flag(self, keys: Sequence[ResultKey], *, on: bool) -> int:
        """Flag results, or take the flag away, and return how many that are."""
        return await self._store.remarks.flag(keys, on=on)

    async def turn_flags(self, keys: Sequence[ResultKey]) -> tuple[int, bool]:
        """Flag results, or take the flag away if all of them have it; return how many, and whether they have it."""
        return await self._store.remarks.turn_flags(keys)

    async def note(self, keys: Sequence[ResultKey], text: str) -> int:
        """Write a note on results in place of what they had, an empty one for none; return how many that are."""
        return await self._store.remarks.note(keys, text.strip())

    async def note_job(self, job_id: str, text: str) -> None:
        """Write a note on a job in place of the one it had, an empty one for none."""
        await self._store.jobs.set_note(job_id, text.strip())

    def _key(self, target: Target, custom_id: str) -> ResultKey:
        found = [key for stored in target.batches for key in self._store.results.find(stored.key, custom_id)]
        if not found:
            raise UnknownIdError(
                f"{target.name} has no result {custom_id!r} here.",
                unharmed="Nothing was changed.",
                todo=f"`batchtui results {target.name}` shows its rows.",
            )
        rows = sorted(self._store.results.rows(found), key=lambda row: (row.facts.succeeded, row.attempt, row.seq))
        return rows[-1].key
