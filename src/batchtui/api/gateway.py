"""What the rest of the program asks of the API, in its own words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from batchtui.domain.batch import Batch, BatchPage
from batchtui.domain.model import ModelFacts


class Gateway(Protocol):
    """One profile's way to the API.

    Every method raises an `ApiError`, or a NoKeyError or KeyringError before anything is sent.
    No call blocks the event loop it is awaited on, not even for the first import of the SDK.
    """

    @property
    def base_url(self) -> str:
        """The origin all calls go to; the key is sent nowhere else."""

    async def check(self) -> None:
        """Make one free call that shows that the server is there and takes the key."""

    async def list_batches(self, *, limit: int = 1000, after_id: str | None = None) -> BatchPage:
        """Return one page of batches, newest first; `after_id` is the `last_id` of the page before."""

    async def retrieve(self, batch_id: str) -> Batch:
        """Return one batch."""

    async def create(
        self,
        lines: Path,
        *,
        body_bytes: int,
        betas: Sequence[str] = (),
        on_sent: Callable[[int], None] | None = None,
    ) -> Batch:
        """Create a batch from a file of request lines with one POST that is never repeated.

        The body is streamed from the file; `body_bytes` is its exact length (see `domain.request.body_length`).
        `betas` hold for every request of the batch. `on_sent` is called with the bytes handed to the connection so
        far. An error with `nothing_was_created` proves that there is no batch; any other ApiError leaves it open.
        Raises StoreError, before anything is sent, if the file cannot be read or does not make `body_bytes`.
        """

    async def cancel(self, batch_id: str) -> Batch:
        """Ask for the cancellation of a batch and return it as it is then."""

    async def delete(self, batch_id: str) -> None:
        """Delete an ended batch and its results at the API."""

    def results(self, batch_id: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the results of an ended batch as decoded bytes, in chunks of no particular cut.

        The request goes to `base_url`, whatever host the batch's `results_url` names. A stream that breaks off
        raises `UnclearError` from the iterator.
        """

    async def count_tokens(self, params: dict[str, Any]) -> int:
        """Return the API's estimate of the input tokens of one request; free of charge."""

    async def create_message(self, params: dict[str, Any], *, betas: Sequence[str] = ()) -> dict[str, Any]:
        """Have one request answered now, at full price, with one POST that is never repeated.

        Returns the Messages object. An error with `nothing_was_created` proves that nothing is charged; any other
        ApiError leaves it open.
        """

    async def list_models(self) -> list[ModelFacts]:
        """Return the models the server says it has; free of charge."""

    async def forget_key(self) -> None:
        """Look the key up again at the next call, because it may have changed."""

    async def close(self) -> None:
        """Close the connections."""
