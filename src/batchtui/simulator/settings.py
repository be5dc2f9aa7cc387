"""What a person may choose about the simulator: pace, outcome mix, limits, and how foreign it behaves."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import msgspec

MAX_REQUESTS = 100_000
MAX_BODY_BYTES = 256_000_000
DAY_SECONDS = 86_400.0
RESULTS_DAYS = 29


class SimulatorError(Exception):
    """The simulator cannot do as it was told: the message says what is wrong and what to write instead."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All knobs; the defaults behave like the real service with every request succeeding.

    Rates are shares from 0 to 1 of the rows that are valid. The same seed, clock and calls give the same bytes.
    Raises SimulatorError for a value out of range.
    """

    seed: int = 1
    #: How long a batch runs before it ends by itself; beyond 24 hours it expires instead.
    duration_seconds: float = 10.0
    #: How long a batch stays in `canceling`.
    cancel_seconds: float = 2.0
    #: Rows that end `errored` with a passing fault (overloaded_error, api_error); a later batch rolls anew.
    error_rate: float = 0.0
    #: Rows that end `expired` although the batch ended by itself.
    expire_rate: float = 0.0
    #: Succeeded rows whose stop_reason is `refusal`.
    refusal_rate: float = 0.0
    #: Succeeded rows that run into max_tokens.
    truncate_rate: float = 0.0
    #: Succeeded rows whose wording differs from what the same prompt got in another batch.
    variation_rate: float = 0.15
    #: Answers in prose are made at least this long (before max_tokens cuts them).
    answer_chars: int = 0
    #: Time stands still here and moves only through the control endpoint; None: the machine's clock.
    frozen_at: datetime | None = None
    #: The only key let in; None: any key that does not begin with `sk-ant-invalid`.
    api_key: str | None = None
    max_requests: int = MAX_REQUESTS
    max_body_bytes: int = MAX_BODY_BYTES
    #: Whether `/_control` exists.
    control: bool = True
    #: Whether results are compressed for a client that accepts gzip.
    gzip_results: bool = True

    #: Foreign manners. Base of `results_url`: None: the address the client used; "": a relative URL.
    results_base: str | None = None
    #: Keys whose value is null are left out of every reply.
    omit_nulls: bool = False
    #: Errored rows carry the inner error only, without the envelope.
    flat_errors: bool = False
    #: Whether a running retrieve carries `retry-after: 10`.
    poll_hint: bool = True
    #: Whether DELETE exists (405 otherwise).
    deletable: bool = True
    #: How many retrieves of a new batch answer 404 before it is found.
    fresh_404s: int = 0

    def __post_init__(self) -> None:
        for name in ("error_rate", "expire_rate", "refusal_rate", "truncate_rate", "variation_rate"):
            if not 0 <= getattr(self, name) <= 1:
                raise SimulatorError(f"{name} is {getattr(self, name)}: give a share from 0 to 1")
        for name in ("duration_seconds", "cancel_seconds", "answer_chars", "fresh_404s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SimulatorError(f"{name} is {getattr(self, name)}: give 0 or more")
        for name in ("max_requests", "max_body_bytes"):
            if getattr(self, name) < 1:
                raise SimulatorError(f"{name} is {getattr(self, name)}: give 1 or more")
        if self.frozen_at is not None and self.frozen_at.tzinfo is None:
            raise SimulatorError("frozen_at has no time zone: write it as 2026-11-02T12:00:00+00:00")

    def changed(self, patch: dict[str, Any]) -> Settings:
        """Return the settings with these names changed; raises SimulatorError for a name or type that is wrong."""
        try:
            return msgspec.convert({**msgspec.structs.asdict(self), **patch}, Settings)
        except msgspec.ValidationError as error:
            raise SimulatorError(f"settings: {error}") from error
