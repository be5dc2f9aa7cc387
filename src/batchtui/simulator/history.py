"""A past for the demo: batches of the last weeks, with the failures a person learns the program on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from batchtui.simulator.chance import pick, roll
from batchtui.simulator.intake import Rows, add_row
from batchtui.simulator.settings import DAY_SECONDS, Settings
from batchtui.simulator.validation import SAMPLING_REMOVED, Terms

_HOUR_SECONDS = 3_600.0
_HAIKU, _SONNET, _OPUS = "claude-haiku-4-5", "claude-sonnet-5-5", "claude-opus-5-5"

_PRODUCTS = (
    *("espresso machine", "trail running shoe", "noise-cancelling headset", "folding bicycle", "wool blanket"),
    *(
        "standing desk",
        "garden lantern",
        "travel kettle",
        "ceramic planter",
        "rain jacket",
        "chess set",
        "desk lamp",
    ),
)
_PRAISE = (
    *("arrived quickly and works better than expected", "is sturdy, quiet and easy to clean"),
    *("looks lovely and the whole family uses it", "was worth every cent"),
)
_BLAME = (
    *("stopped working after two weeks", "came with a missing screw and no manual"),
    *("is far louder than the description promised", "smells of plastic and feels cheap"),
)
_SHRUGS = ("does what it should, nothing more", "is fine, although the colour differs from the picture")
_COMPLAINTS = (
    *("I was charged twice for the", "My parcel with the", "I cannot log in to see my order of the"),
    *("The discount code was not applied to the", "Where is the replacement for my broken"),
)
_NAMES = ("Amara", "Björn", "Chiara", "Dmitri", "Elif", "Fatou", "Goran", "Hana", "Imani", "João", "Keiko", "Lars")
_PLACES = ("Lisbon", "Osaka", "Nairobi", "Zürich", "Montréal", "Kraków", "Valparaíso", "Tallinn")
_SUBJECTS = (
    *("harbour expansion", "late night buses", "public library", "solar roof programme", "river clean-up"),
    *("school kitchens", "cycle network", "tree census", "repair workshops", "winter market"),
)
_TRIAGE = (
    "Classify the support ticket as billing, shipping, account, product, other. "
    'Reply with JSON: {"label": ..., "confidence": ..., "evidence": ...}.'
)
_JUDGE = "You answer questions of a home goods shop. Be brief and concrete."


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """One batch of the past: a name, the request lines it was made of, and how it went.

    `requests` are JSON lines without their newline, in the form of a submitted file; the ages and durations are in
    seconds before and after its creation.
    """

    name: str
    requests: tuple[bytes, ...]
    age_seconds: float
    duration_seconds: float = 540.0
    error_rate: float = 0.0
    expire_rate: float = 0.0
    canceled_after_seconds: float | None = None

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


def history(seed: int) -> Iterator[HistoryBatch]:
    """Return the batches of the past, oldest first, the last still running; the same seed gives the same.

    Among them: one whose results are gone, one that was canceled, one that expired, one with failures of every kind
    to retry, one that failed wholly, and two with the same custom_ids and different models to compare.
    """
    chapters = [*_routine(seed), *_incidents(seed)]
    return iter(sorted(chapters, key=lambda chapter: -chapter.age_seconds))


def _routine(seed: int) -> Iterator[HistoryBatch]:
    for week in range(3):
        for weekday in (0, 2, 4):
            age_days = 21 - 7 * week - weekday
            size = 40 + pick(roll(seed, "reviews", age_days), 1, 90)
            yield HistoryBatch(
                f"reviews day {21 - age_days:02}",
                _lines(f"review-{age_days:02}", size, _HAIKU, 64, _review(seed + age_days)),
                age_days * DAY_SECONDS - 9 * _HOUR_SECONDS,
                300.0 + 4 * size,
                error_rate=0.02,
            )
        age_days = 19 - 7 * week
        yield HistoryBatch(
            f"ticket triage week {week + 1}",
            _lines(f"ticket-w{week + 1}", 180 + 40 * week, _HAIKU, 128, _ticket(seed + week), system=_TRIAGE),
            age_days * DAY_SECONDS,
            1_900.0,
            error_rate=0.01,
        )
    for number, language in enumerate(("German", "French", "Spanish")):
        yield HistoryBatch(
            f"translate to {language}",
            _lines(f"{language.lower()[:2]}", 60, _SONNET, 256, _translate(seed, language)),
            (12 - number) * DAY_SECONDS - 2 * _HOUR_SECONDS - 400.0 * number,
            760.0,
        )
    yield HistoryBatch(
        "council minutes",
        _lines("minutes", 1_200, _SONNET, 400, _minutes(seed)),
        10.4 * DAY_SECONDS,
        5_400.0,
        error_rate=0.004,
    )
    yield HistoryBatch("product copy", _lines("copy", 96, _OPUS, 300, _copy(seed)), 4.2 * DAY_SECONDS, 1_300.0)
    yield HistoryBatch(
        "newsletter names", _lines("person", 48, _HAIKU, 200, _people(seed)), 1.6 * DAY_SECONDS, 260.0
    )


def _incidents(seed: int) -> Iterator[HistoryBatch]:
    yield HistoryBatch(
        "reviews of last month", _lines("old-review", 60, _HAIKU, 64, _review(seed - 1)), 31.2 * DAY_SECONDS
    )
    yield HistoryBatch(
        "slow weekend",
        _lines("weekend", 150, _SONNET, 256, _minutes(seed + 1)),
        8.1 * DAY_SECONDS,
        30 * _HOUR_SECONDS,
    )
    yield HistoryBatch(
        "wrong prompt",
        _lines("draft", 300, _OPUS, 300, _copy(seed + 1)),
        5.3 * DAY_SECONDS,
        1_500.0,
        canceled_after_seconds=420.0,
    )
    yield HistoryBatch(
        "old template",
        _lines("legacy", 24, _HAIKU, 64, _review(seed + 2), temperature=0.2),
        3.1 * DAY_SECONDS,
        90.0,
    )
    for name, model, hours in (("answers haiku", _HAIKU, 50.0), ("answers opus", _OPUS, 49.5)):
        lines = _lines("question", 80, model, 300, _question(seed), system=_JUDGE)
        yield HistoryBatch(name, lines, hours * _HOUR_SECONDS, 700.0)
    yield HistoryBatch(
        "catalogue import",
        (
            *_lines("item", 200, _HAIKU, 250, _copy(seed + 3)),
            *_lines("item-long", 12, _HAIKU, 100_000, _copy(seed + 4)),
            *_lines("item-cut", 8, _HAIKU, 12, _copy(seed + 5)),
        ),
        20.5 * _HOUR_SECONDS,
        1_150.0,
        error_rate=0.08,
        expire_rate=0.06,
    )
    yield HistoryBatch("smoke test", _lines("try", 3, _HAIKU, 64, _review(seed + 6)), 2.2 * _HOUR_SECONDS, 40.0)
    yield HistoryBatch(
        "reviews today", _lines("review-today", 110, _HAIKU, 64, _review(seed + 7)), 240.0, 900.0, error_rate=0.05
    )


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
            f"The {one(_PRODUCTS)} {verdict}. Bought in {one(_PLACES)}."
        )

    return prompt


def _ticket(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        return f"{one(_COMPLAINTS)} {one(_PRODUCTS)}. Please help, {one(_NAMES)} from {one(_PLACES)}."

    return prompt


def _translate(seed: int, language: str) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        text = f"The {one(_PRODUCTS)} is very good for a new house and it {one(_PRAISE)}."
        return f"Translate to {language}: {text}"

    return prompt


def _minutes(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        topic, other = one(_SUBJECTS), one(_SUBJECTS)
        return (
            f"Summarise in three sentences:\n\n{one(_NAMES)} opened the meeting in {one(_PLACES)} with {topic}. "
            f"Residents asked how the {topic} would change traffic and rents. {one(_NAMES)} compared it with the "
            f"{other} and asked for figures before the next session. The council postponed the {other} and agreed "
            f"to publish the costs of the {topic} within a month."
        )

    return prompt


def _copy(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        product = f"{one(_PRODUCTS)}, model {number}"
        return f"Write a product description of two sentences for this {product}: it {one(_PRAISE)}."

    return prompt


def _people(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        return (
            f"Extract every name and place as a list: {one(_NAMES)} met {one(_NAMES)} in {one(_PLACES)} to talk "
            f"about the {one(_SUBJECTS)} before travelling to {one(_PLACES)}."
        )

    return prompt


def _question(seed: int) -> Callable[[int], str]:
    def prompt(number: int) -> str:
        one = _chooser(seed, number)
        return f"A customer asks: how should I care for my {one(_PRODUCTS)} when it {one((*_BLAME, *_SHRUGS))}?"

    return prompt
