"""Errors and problems in words, on stderr."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from batchtui.cli.ask import DeclinedError
from batchtui.cli.output import say
from batchtui.domain.errors import BatchtuiError, LintError
from batchtui.domain.human import counted
from batchtui.tui.text import clean_line

if TYPE_CHECKING:
    from batchtui.domain.job import Intent, IntentState
    from batchtui.domain.lint import Problem
    from batchtui.services.workbench import Workbench

OPEN_WORDS: dict[IntentState, str] = {
    "unclear": "unclear: `batchtui settle` looks what became of what was sent.",
    "waiting": "waiting for room at the API: `batchtui sync` or `watch` sends what fits.",
    "draft": "kept as draft: `batchtui settle` sends or drops what was not sent.",
}

SHOWN_OF_A_RULE = 5
LINE_CHARS = 400
"""Characters of one message line at most: custom_ids and parser messages can be as long as the file."""


def report(error: BatchtuiError) -> None:
    """Say what happened, what was not harmed, and what to do."""
    if isinstance(error, DeclinedError):
        say(error.what)
        return
    say(f"error: {clean_line(error.what, LINE_CHARS * 4)}")
    if isinstance(error, LintError):
        report_problems(error.source, error.problems, error.counts)
    for sentence in (error.unharmed, error.todo):
        if sentence:
            say(sentence)


def report_problems(source: str, problems: Sequence[Problem], counts: Mapping[str, int] | None = None) -> None:
    """Name file, line, custom_id, rule and what to change, errors before warnings, the first few of each rule.

    `counts` is how many there are by rule, where not all are among the problems.
    """
    by_rule: defaultdict[tuple[bool, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        by_rule[not problem.is_error, problem.rule].append(problem)
    for (is_warning, rule), found in sorted(by_rule.items()):
        for problem in found[:SHOWN_OF_A_RULE]:
            parts = [f"{source}:{problem.line}", clean_line(problem.custom_id, 80), rule, problem.message]
            kind = "warning: " if is_warning else ""
            say(clean_line("  " + kind + ": ".join(part for part in parts if part), LINE_CHARS))
        rest = found[SHOWN_OF_A_RULE:]
        total = (counts or {}).get(rule, len(found))
        if rest:
            to = f" to {rest[-1].line:,}" if total == len(found) else " and after it"
            say(f"  … and {total - SHOWN_OF_A_RULE:,} more of {rule}, on lines {rest[0].line:,}{to}")


def report_held(intents: Iterable[Intent]) -> None:
    """Say of each job how much is held beside its sample, and what to do with it."""
    held: Counter[str] = Counter()
    for intent in intents:
        held[intent.job_name] += intent.request_count
    for name, requests in held.items():
        number = counted(requests, "request")
        say(f"{number} held: `batchtui settle {name} --resume` sends them, --discard drops them.")


def report_waiting(intents: Sequence[Intent]) -> None:
    """Say how much waits for room at the API, if anything does, and what sends it."""
    names = " ".join({intent.job_name: None for intent in intents})
    if intents:
        number = counted(sum(intent.request_count for intent in intents), "request")
        say(f"{number} wait for room at the API; `batchtui watch {names}` sends them when there is some.")


def report_open(bench: Workbench) -> None:
    """Mention submissions without an outcome, if there are any."""
    states = Counter(intent.state for intent in bench.settlements.open_submissions())
    for state, words in OPEN_WORDS.items():
        if states[state]:
            say(f"{counted(states[state], 'submission')} {words}")
