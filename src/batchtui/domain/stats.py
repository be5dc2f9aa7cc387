"""Where the money and the time went: batches grouped by day, template, model, profile or size, and added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

from batchtui.domain.durations import Spread, spread
from batchtui.domain.filter import Filter
from batchtui.domain.lengths import percentiles
from batchtui.domain.numbers import Percentiles, suggested_max_tokens
from batchtui.domain.result import Tokens

By = Literal["day", "template", "model", "profile", "size"]

AXES: tuple[By, ...] = ("day", "template", "model", "profile", "size")
"""What batches can be grouped by."""

FIELDS = ("day", "template", "model", "profile", "server", "size")
"""What a filter term can name."""

SIZES = ((1, "1-9"), (10, "10-99"), (100, "100-999"), (1_000, "1,000-9,999"), (10_000, "10,000 and more"))
"""Classes of batches by their number of requests: the least, and what the class is called."""


class Sums(NamedTuple):
    """What results add up to. `unpriced` answers are not in the costs; truncated and refused ones are answers."""

    results: int = 0
    succeeded: int = 0
    truncated: int = 0
    refused: int = 0
    unpriced: int = 0
    cost_usd: float = 0.0
    standard_cost_usd: float = 0.0
    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    thinking: int = 0
    web_searches: int = 0

    @property
    def tokens(self) -> Tokens:
        """Return the tokens of the answers."""
        return Tokens(*self[7:])


class ModelFigures(NamedTuple):
    """What the results of a batch came to that asked for one model, which is empty where that is not known.

    `lengths` are those of the answers in tokens, packed as `lengths.packed` does; `longest` is the greatest.
    `max_tokens` is the largest that an answer was asked with, None where that is not known.
    """

    model: str
    max_tokens: int | None
    longest: int
    lengths: bytes
    sums: Sums


class BatchFigures(NamedTuple):
    """What is known of a batch: `figures` by model if its results are here, else what it is estimated to cost.

    `created_at` is UTC as text that sorts by time, `day` the local date of it. `template` is empty where it was
    made without one. `estimate_usd` is None where the results are here, or where no price is known. `seconds` is
    how long it took to its end, None while it runs and where it was canceled.
    """

    key: int
    created_at: str
    day: str
    template: str
    profile: str
    base_url: str
    requests: int
    seconds: float | None
    estimate_usd: float | None
    models: tuple[str, ...]
    figures: tuple[ModelFigures, ...]

    @property
    def model(self) -> str:
        """Return the models it asks for, as one name."""
        return " + ".join(self.models)

    @property
    def size(self) -> str:
        """Return the class of its size."""
        return next((name for least, name in reversed(SIZES) if self.requests >= least), SIZES[0][1])


@dataclass(frozen=True, eq=False)
class Group:
    """Batches that have a day, a template, a model, a profile or a size in common, in the order of their creation.

    `figures` are those of all of them; batches of a model have its figures alone. `key` is empty where a template
    or model is not known. For a profile, `server` is where its batches are. `is_whole` says that it is all batches
    together.
    """

    by: By
    key: str
    batches: Sequence[BatchFigures]
    figures: Sequence[ModelFigures]
    server: str = ""
    is_whole: bool = False

    @cached_property
    def sums(self) -> Sums:
        """What the results that are here add up to."""
        columns = zip(*(each.sums for each in self.figures), strict=True)
        return Sums._make(map(sum, columns)) if self.figures else Sums()

    @cached_property
    def waiting(self) -> Sequence[BatchFigures]:
        """The batches whose results are not here: they run, or were never downloaded."""
        return [batch for batch in self.batches if not batch.figures]

    @cached_property
    def requests(self) -> int:
        """How many requests were sent; for a model, how many results it has and how many are awaited."""
        if self.by == "model" and not self.is_whole:
            return self.sums.results + sum(batch.requests for batch in self.waiting)
        return sum(batch.requests for batch in self.batches)

    @property
    def spent_usd(self) -> float | None:
        """Return what the results that are here cost, None if there are none or no price is known of any."""
        is_known = self.sums.cost_usd or not self.sums.unpriced
        return self.sums.cost_usd if self.figures and is_known else None

    @property
    def estimated_usd(self) -> float | None:
        """Return what the other batches are estimated to cost, None if no price is known of any of them."""
        known = [batch.estimate_usd for batch in self.waiting if batch.estimate_usd is not None]
        return None if self.waiting and not known else sum(known)

    @property
    def unpriced_batches(self) -> int:
        """Return how many batches have neither results here nor an estimate."""
        return sum(batch.estimate_usd is None for batch in self.waiting)

    @property
    def is_cost_whole(self) -> bool:
        """Return whether nothing is missing in the costs."""
        return not self.sums.unpriced and not self.unpriced_batches

    @property
    def cost_usd(self) -> float | None:
        """Return what was spent and is estimated together, as far as it is known; None if nothing of it is."""
        known = (self.spent_usd or 0.0) + (self.estimated_usd or 0.0)
        return known if known or self.is_cost_whole else None

    @property
    def saved_usd(self) -> float | None:
        """Return what the batch price saved on what was spent."""
        return None if self.spent_usd is None else self.sums.standard_cost_usd - self.sums.cost_usd

    @property
    def success_rate(self) -> float | None:
        """Return the share of results that are answers, None without results."""
        return _share(self.sums.succeeded, self.sums.results)

    @property
    def truncation_rate(self) -> float | None:
        """Return the share of answers that were cut off at max_tokens, None without answers."""
        return _share(self.sums.truncated, self.sums.succeeded)

    @property
    def cache_hit_rate(self) -> float | None:
        """Return the share of input tokens that were read from the cache, None without input."""
        return _share(self.sums.cache_read, self.sums.tokens.total_input)

    @property
    def mean_output(self) -> float | None:
        """Return the mean output tokens of an answer, None without answers."""
        return _share(self.sums.output, self.sums.succeeded)

    @cached_property
    def output(self) -> Percentiles | None:
        """How many output tokens answers have, to a sixteenth; None without answers."""
        return _output(self.figures)

    @cached_property
    def max_tokens(self) -> int | None:
        """What the newest of the batches asked for whose results are here; None where that is not known."""
        return next((each.max_tokens for each in reversed(self.figures) if each.max_tokens is not None), None)

    @cached_property
    def suggested_max_tokens(self) -> int | None:
        """A better max_tokens, from the answers to the one asked for last; None if nothing is to be said."""
        same = [each for each in self.figures if each.max_tokens == self.max_tokens]
        output = self.output if len(same) == len(self.figures) else _output(same)
        return suggested_max_tokens(output, sum(each.sums.truncated for each in same), self.max_tokens)

    @cached_property
    def seconds(self) -> Spread | None:
        """How long the batches took to their end, None if none has ended."""
        return spread([batch.seconds for batch in self.batches if batch.seconds is not None])


def grouped(batches: Iterable[BatchFigures], by: By) -> list[Group]:
    """Return groups in the order of days, sizes or names; batches come in the order of their creation."""
    found: defaultdict[tuple[str, str], tuple[list[BatchFigures], list[ModelFigures]]] = defaultdict(
        lambda: ([], [])
    )
    if by == "model":
        for batch in batches:
            for each in batch.figures:
                of_model = found[each.model, ""]
                of_model[0].append(batch if len(batch.figures) == 1 else batch._replace(figures=(each,)))
                of_model[1].append(each)
            if not batch.figures:
                found[batch.model, ""][0].append(batch)
    else:
        key_of = _KEYS[by]
        for batch in batches:
            members, figures = found[key_of(batch)]
            members.append(batch)
            figures += batch.figures
    order = [name for _, name in SIZES]
    keys = sorted(found, key=lambda key: order.index(key[0])) if by == "size" else sorted(found)
    return [Group(by, key, *found[key, server], server) for key, server in keys]


def total(batches: Sequence[BatchFigures], by: By = "day") -> Group:
    """Return all batches as one group."""
    return Group(by, "", batches, [each for batch in batches for each in batch.figures], is_whole=True)


def narrowed(
    batches: Iterable[BatchFigures],
    *,
    since: str = "",
    profile: str | None = None,
    words: Filter | None = None,
) -> list[BatchFigures]:
    """Return batches created on a day or later, of a profile, and as far as they fit a filter, model by model."""
    found = []
    for batch in batches:
        if batch.day < since or (profile is not None and batch.profile != profile):
            continue
        if words is None:
            found.append(batch)
        elif batch.figures:
            kept = tuple(each for each in batch.figures if words.holds(_values(batch, each.model)))
            if kept:
                found.append(batch._replace(figures=kept))
        elif words.holds(_values(batch, batch.model)):
            found.append(batch)
    return found


def spend_by_day(batches: Iterable[BatchFigures], first: str, last: str) -> list[tuple[str, float, float]]:
    """Return every day from one to another with what was spent on it and what is estimated, in USD."""
    spent: defaultdict[str, float] = defaultdict(float)
    estimated: defaultdict[str, float] = defaultdict(float)
    for batch in batches:
        spent[batch.day] += sum(each.sums.cost_usd for each in batch.figures)
        if not batch.figures:
            estimated[batch.day] += batch.estimate_usd or 0.0
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [(begin + timedelta(days=number)).isoformat() for number in range((end - begin).days + 1)]
    return [(day, spent.get(day, 0.0), estimated.get(day, 0.0)) for day in days]


_KEYS: Mapping[By, Callable[[BatchFigures], tuple[str, str]]] = {
    "day": lambda batch: (batch.day, ""),
    "template": lambda batch: (batch.template, ""),
    "profile": lambda batch: (batch.profile, batch.base_url),
    "size": lambda batch: (batch.size, ""),
}


def _values(batch: BatchFigures, model: str) -> dict[str, str]:
    return {
        "day": batch.day,
        "template": batch.template,
        "model": model,
        "profile": batch.profile,
        "server": batch.base_url,
        "size": batch.size,
    }


def _output(figures: Sequence[ModelFigures]) -> Percentiles | None:
    return percentiles((each.lengths for each in figures), max((each.longest for each in figures), default=0))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
