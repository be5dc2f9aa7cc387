"""A past for the demo: batches of the last weeks, with the failures a person learns the program on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from batchtui.simulator.chance import pick, roll
from batchtui.simulator.intake import Rows, add_row
from batchtui.simulator.settings import DAY_SECONDS, Settings
from batchtui.simulator.shop import CONCERNS, FINISHES, GUIDE, NAMES, PLACES, PRODUCTS, SHORT_STYLE, WARM_STYLE
from batchtui.simulator.validation import SAMPLING_REMOVED, Terms

_HOUR_SECONDS = 3_600.0
_HAIKU, _SONNET, _OPUS = "claude-haiku-4-5", "claude-sonnet-5-5", "claude-opus-5-5"

_PRAISE = (
    *("arrived quickly and works better than expected", "is sturdy, quiet and easy to clean"),
    *("looks lovely and the whole family uses it", "was worth every cent"),
)
_BLAME = (
    *("came apart after two weeks", "came with a missing screw and no manual"),
    *("is far smaller than it looks in the picture", "smells of plastic and feels cheap"),
)
_SHRUGS = ("does what it should, nothing more", "is fine, although the colour differs from the picture")
_SUBJECTS = (
    *("harbour expansion", "late night buses", "public library", "solar roof programme", "river clean-up"),
    *("school kitchens", "cycle network", "tree census", "repair workshops", "winter market"),
)
_TRIAGE = (
    "Classify the support ticket as billing, shipping, account, product, other. "
    'Reply with JSON: {"label": ..., "confidence": ..., "evidence": ...}.'
)
_COPY = (
    "You write for the catalogue of Oak & Ember, a shop for the home. State what is known and invent nothing: no "
    "materials, sizes, awards or reviews that are not in the notes."
)


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """One batch of the past: a name, the request lines it was made of, and how it went.

    `requests` are JSON lines without their newline, in the form of a submitted file; the ages and durations are in
    seconds before and after its creation. One that `is_running` ends as soon as a new batch would.
    """

    name: str
    requests: tuple[bytes, ...]
    age_seconds: float
    duration_seconds: float = 540.0
    error_rate: float = 0.0
    expire_rate: float = 0.0
    canceled_after_seconds: float | None = None
    is_running: bool = False

    @property
    def terms(self) -> Terms:
        """Return the API version and betas it was created with."""
        return Terms(SAMPLING_REMOVED, frozenset())

    def write(self, rows: Rows, batch_id: str, settings: Settings) -> None:
        """Put the requests where the simulator keeps those of a batch that was sent."""
        mix = settings.changed({"error_rate": self.error_rate, "expire_rate": self.expire_rate})
        position = 0
        with rows.path.open("wb") as out:
            for line in self.requests:
                row = msgspec.json.decode(line)
                add_row(rows, row["custom_id"], row["params"], batch_id, mix)
                position += out.write(line)
                rows.offsets.append(position)


def history(seed: int, now: datetime) -> Iterator[HistoryBatch]:
    """Return the batches of the past, oldest first, the last still running; the same seed and day give the same.

    Among them: one whose results are gone, one that was canceled, one that expired, one with failures of every kind
    to retry, one that failed wholly, and two with the same custom_ids and different prompts to compare.
    """
    chapters = [*_routine(seed, now), *_incidents(seed, now), *_today(seed, now)]
    return iter(sorted(chapters, key=lambda chapter: -chapter.age_seconds))


def _routine(seed: int, now: datetime) -> Iterator[HistoryBatch]:
    for age_days in (2, 4, 7, 9, 11, 14, 16, 18, 21):
        age_seconds = age_days * DAY_SECONDS - 9 * _HOUR_SECONDS
        size = 40 + pick(roll(seed, "reviews", age_days), 1, 90)
        yield HistoryBatch(
            f"reviews-{_day(now, age_seconds)}",
            _lines("review", size, _HAIKU, 64, _review(seed + age_days)),
            age_seconds,
            300.0 + 4 * size,
            error_rate=0.02 if age_days % 3 == 0 else 0.0,
        )
    for week in range(3):
        age_seconds = (19 - 7 * week) * DAY_SECONDS
        yield HistoryBatch(
            f"triage-w{(now - timedelta(seconds=age_seconds)).isocalendar().week:02}",
            _lines("ticket", 180 + 40 * week, _HAIKU, 128, _ticket(seed + week), system=_TRIAGE),
            age_seconds,
            1_900.0,
            error_rate=0.01,
        )
    for number, language in enumerate(("german", "french", "spanish")):
        yield HistoryBatch(
            f"catalogue-{language}",
            _lines(language[:2], 60, _SONNET, 256, _translate(language)),
            (12 - number) * DAY_SECONDS - 2 * _HOUR_SECONDS - 400.0 * number,
            760.0,
        )
    yield HistoryBatch(
        "council-minutes",
        _lines("minutes", 1_200, _SONNET, 400, _minutes(seed)),
        10.4 * DAY_SECONDS,
        5_400.0,
        error_rate=0.004,
    )
    yield HistoryBatch(
        "catalogue-copy", _lines("copy", 96, _OPUS, 300, _copy(), system=_COPY), 4.2 * DAY_SECONDS, 1_300.0
    )
    yield HistoryBatch("letter-names", _lines("letter", 48, _HAIKU, 200, _people(seed)), 1.6 * DAY_SECONDS, 260.0)


def _incidents(seed: int, now: datetime) -> Iterator[HistoryBatch]:
    gone_seconds = 31.2 * DAY_SECONDS
    yield HistoryBatch(
        f"reviews-{_day(now, gone_seconds)}",
        _lines("review", 60, _HAIKU, 64, _review(seed - 1)),
        gone_seconds,
    )
    yield HistoryBatch(
        "call-notes",
        _lines("call", 150, _SONNET, 256, _minutes(seed + 1)),
        8.1 * DAY_SECONDS,
        30 * _HOUR_SECONDS,
    )
    yield HistoryBatch(
        "catalogue-draft",
        _lines("draft", 300, _OPUS, 300, _copy()),
        5.3 * DAY_SECONDS,
        1_500.0,
        canceled_after_seconds=420.0,
    )
    yield HistoryBatch(
        "legacy-prompt",
        _lines("legacy", 24, _HAIKU, 64, _review(seed + 2), temperature=0.2),
        3.1 * DAY_SECONDS,
        90.0,
    )


def _today(seed: int, now: datetime) -> Iterator[HistoryBatch]:
    """Return what the tour of the demo is about, and one that ends while somebody looks."""
    for letter, style, hours in (("a", SHORT_STYLE, 20.6), ("b", WARM_STYLE, 20.4)):
        lines = _lines("ticket", 80, _SONNET, 80, _ticket(seed + 9), system=f"{style}\n{GUIDE}")
        yield HistoryBatch(f"replies-prompt-{letter}", lines, hours * _HOUR_SECONDS, 700.0)
    yield HistoryBatch(
        "descriptions",
        (
            *_lines("item", 200, _HAIKU, 250, _copy(), system=_COPY),
            *_lines("item-long", 12, _HAIKU, 100_000, _copy(), system=_COPY),
            *_lines("item-cut", 8, _HAIKU, 24, _copy(), system=_COPY),
        ),
        3.3 * _HOUR_SECONDS,
        1_150.0,
        error_rate=0.08,
        expire_rate=0.06,
    )
    yield HistoryBatch(
        f"reviews-{_day(now, 0)}", _lines("review", 74, _HAIKU, 64, _review(seed + 6)), 1.2 * _HOUR_SECONDS, 440.0
    )
    yield HistoryBatch(
        "support-replies",
        _lines("ticket", 120, _SONNET, 80, _ticket(seed + 10), system=f"{WARM_STYLE}\n{GUIDE}"),
        660.0,
        error_rate=0.03,
        is_running=True,
    )


def _day(now: datetime, age_seconds: float) -> str:
    return f"{now - timedelta(seconds=age_seconds):%m-%d}"


def _lines(
    prefix: str, count: int, model: str, max_tokens: int, prompt: Callable[[int], str], **params: object
) -> tuple[bytes, ...]:
    return tuple(
        msgspec.json.encode(
            {
                "custom_id": f"{prefix}-{number:04}",
                "params": {
                    "model": model,
                    "max_tokens": max_tokens,
                    **params,
                    "messages": [{"role": "user", "content": prompt(number)}],
                },
            }
        )
        for number in range(1, count + 1)
    )


def _chooser(seed: int, number: int) -> Callable[[tuple[str, ...]], str]:
    """Return a function that picks from tables, each time anew."""
    drawn = roll(seed, number)
    uses = iter(range(100))
    return lambda table: table[pick(drawn, next(uses), len(table))]


def _review(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        verdict = one((*_PRAISE, *_BLAME, *_SHRUGS))
        return (
            "Classify the sentiment of this review as positive, negative, neutral. Answer with one word.\n\n"
            f"The {one(tuple(PRODUCTS))} {verdict}. Bought in {one(PLACES)}."
        )

    return prompt


def _ticket(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        concern = CONCERNS[pick(roll(seed, number), 90, len(CONCERNS))]
        order = 80_000 + pick(roll(seed, number), 91, 9_000)
        body = concern.body.format(product=one(tuple(PRODUCTS)), order=order)
        return f"From: {one(NAMES)}, {one(PLACES)}\nSubject: {concern.subject}\n\n{body}"

    return prompt


def _translate(language: str) -> Callable[[int], str]:
    products = tuple(PRODUCTS)

    def prompt(number: int) -> str:
        product = products[(number - 1) // len(FINISHES) % len(products)]
        return f"Translate to {language.capitalize()}: {product.capitalize()}, {FINISHES[number % len(FINISHES)]}"

    return prompt


def _minutes(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        topic, other = one(_SUBJECTS), one(_SUBJECTS)
        return (
            f"Summarise in three sentences:\n\n{one(NAMES)} opened the meeting in {one(PLACES)} with the {topic}. "
            f"Residents asked how the {topic} would change traffic and rents. {one(NAMES)} compared it with the "
            f"{other} and asked for figures before the next session. The council postponed the {other} and agreed "
            f"to publish the costs of the {topic} within a month."
        )

    return prompt


def _copy() -> Callable[[int], str]:
    products = tuple(PRODUCTS.items())

    def prompt(number: int) -> str:
        name, notes = products[number % len(products)]
        finish = FINISHES[number // len(products) % len(FINISHES)]
        return (
            "Write the description of this product in two sentences.\n\n"
            f"Name: {name.capitalize()}\nFinish: {finish}\nNotes: {'; '.join(notes)}"
        )

    return prompt


def _people(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        return (
            f"Extract every name and place as a list: {one(NAMES)} met {one(NAMES)} in {one(PLACES)} to talk "
            f"about the {one(_SUBJECTS)} before travelling to {one(PLACES)}."
        )

    return prompt
