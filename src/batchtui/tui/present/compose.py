"""What the compose screen says: the list of templates, the data, the row, and what all rows come to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, NamedTuple

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.estimate import Estimate
from batchtui.domain.human import ago, bytes_text, count, counted, usd, usd_range
from batchtui.domain.job import KeptTemplate
from batchtui.tui.drafts import Answer, Draft, Look
from batchtui.tui.present.header import host
from batchtui.tui.present.params import indented, readable
from batchtui.tui.present.questions import Question
from batchtui.tui.present.reasons import READ_ONLY
from batchtui.tui.text import clean_line
from batchtui.tui.widgets.table_model import Cell, Column, Row

if TYPE_CHECKING:
    from batchtui.domain.result import Tokens
    from batchtui.domain.template.model import Rendered
    from batchtui.services.compose import Survey, Trial
    from batchtui.services.workbench import Profile

View = Literal["text", "JSON", "answer", "changes"]
VIEWS: tuple[View, ...] = ("text", "JSON", "answer", "changes")
"""How a request can be read, what was answered to it, and what is changed in its template."""

SORTS = ("name", "changed")

FILTER_FIELDS = ("name", "description", "origin")
"""What a filter term can name."""

COLUMNS = (
    Column("mark", "", width=1),
    Column("name", "Template", min_width=12),
    Column("changed", "Changed", width=9, min_width=8, priority=1),
    Column("description", "What it does", min_width=24, weight=3, priority=2),
)

PROBLEMS_SHOWN = 5

NO_DATA = "No rows yet: d chooses a file, a folder or a SQLite query."

STOPPED = "No request comes of this row. What is wrong stands below."

BEGINNING = """\
description: "{name}"
params:
  model: claude-haiku-4-5
  max_tokens: 256
  messages:
    - role: user
      content: |
        Say in one sentence what this is about:
        {{{{ row | tojson }}}}
"""
"""What a new template holds."""


class Body(NamedTuple):
    """A text to read, and how it is coloured."""

    text: str
    language: Literal["text", "json"] = "text"


def sorted_drafts(drafts: Iterable[Draft], sort: str, *, reverse: bool) -> list[Draft]:
    """Return templates in order: as they come, by name or newest first, or the other way round."""

    def changed(draft: Draft) -> float:
        at = draft.entry.changed_at if draft.entry else None
        return -at.timestamp() if at else 0.0

    if sort == "changed":
        return sorted(drafts, key=changed, reverse=reverse)
    return list(drafts)[::-1] if reverse else list(drafts)


def template_row(draft: Draft, now: datetime) -> Row:
    """Return the cells of a template in the list: a mark, its name, and where it is from or when it was changed."""
    entry = draft.entry
    if draft.key.kind == "job":
        origin = "of a job"
    elif entry is None or entry.changed_at is None:
        origin = "shipped" if entry else "removed"
    else:
        origin = ago(now - entry.changed_at)
    words = (entry.problem or entry.description) if entry else ""
    return (
        _mark(draft),
        Cell(draft.key.name, "strong" if draft.is_own else ""),
        Cell(origin, "muted"),
        Cell(words, "bad" if entry and entry.problem else "muted"),
    )


def template_values(draft: Draft) -> dict[str, str]:
    """Return what a filter looks at in a template."""
    entry = draft.entry
    return {"name": draft.key.name, "description": entry.description if entry else "", "origin": _origin(draft)}


def why_not(action: str, draft: Draft | None, row_count: int | None, *, read_only: bool) -> str:
    """Return why an action cannot be done with a template, or nothing if it can."""
    verb = action.removeprefix("ask('").removesuffix("')")
    if read_only and verb in {"send", "try", "file"}:
        return READ_ONLY
    if draft is None:
        needs_none = verb in {"new", "file"} or not action.startswith(("ask", "go_row", "activate"))
        return "" if needs_none else "There is no template here: n begins one."
    if verb in {"send", "try", "row"} or action.startswith("go_row"):
        if draft.choice is None:
            return "There are no rows yet: d chooses them."
        if action == "go_row(0)" and not row_count:
            return "The rows are not counted yet." if row_count is None else "There are no rows."
    if verb in {"rename", "delete"} and not draft.is_own and (verb, draft.key.kind) != ("delete", "job"):
        return "Only a template of your own can be renamed or deleted: c makes one of it."
    if verb == "save" and draft.is_own and not draft.is_changed:
        return "There is nothing to save: it is as its file."
    if verb == "revert" and not draft.is_changed:
        return "Nothing is changed in it."
    return ""


def head_line(draft: Draft | None, look: Look | None) -> list[Cell]:
    """Return what is in hand: the template, whether it is saved, and the rows."""
    if draft is None:
        return [Cell("Compose", "muted")]
    cells = [Cell(draft.key.name, "strong"), Cell(f"  {_origin(draft)}", "muted")]
    if draft.is_changed:
        cells.append(Cell("  ● not saved", "warn"))
    if draft.was_changed_elsewhere:
        cells.append(Cell("  ✗ changed elsewhere", "bad"))
    data = look.data if look else None
    if data is not None:
        rows = "" if data.count is None else f", {counted(data.count, 'row')}"
        cells.append(Cell(f"   on {PurePath(data.choice.source).name}{rows}", "accent"))
    return cells


def about(draft: Draft | None, look: Look | None) -> list[list[Cell]]:
    """Return what is known of the template in hand and of its data."""
    if draft is None:
        return []
    lines: list[list[Cell]] = []
    if draft.entry and draft.entry.description:
        lines += [[Cell(draft.entry.description)], []]
    if draft.trouble:
        lines += [[Cell(draft.trouble, "bad")], []]
    data = look.data if look else None
    if data is None:
        return [*lines, [Cell(NO_DATA if draft.choice is None else draft.choice.source, "muted")]]
    source = PurePath(data.choice.source)
    lines += [[Cell(source.name, "accent")], [Cell(str(source.parent), "muted")]]
    rows = "counting …" if data.count is None else counted(data.count, "row")
    lines.append([Cell(f"{data.kind}, {rows}, {counted(len(data.columns), 'column')}", "muted")])
    choice = data.choice
    if choice.query:
        lines.append([Cell("query  ", "muted"), Cell(choice.query)])
    if choice.where:
        lines.append([Cell("where  ", "muted"), Cell(choice.where)])
    if choice.limit is not None:
        lines.append([Cell("first  ", "muted"), Cell(count(choice.limit))])
    lines += [[Cell(f"{name} = ", "muted"), Cell(value)] for name, value in choice.values.items()]
    return [*lines, [Cell(", ".join(data.columns))]]


def preview_title(view: View, look: Look | None, answer: Answer | None, draft: Draft | None) -> list[Cell]:
    """Return the line over the preview: which row, and the ways to read it."""
    if look is None:
        return [Cell("Preview", "muted")]
    row = ""
    if look.data is not None:
        of = "" if look.data.count is None else f" of {count(look.data.count)}"
        row = f"row {count(look.number)}{of}   "
    views = [name for name in VIEWS if can_view(name, answer, draft)]
    return [Cell(row), *(Cell(f"{name}  ", "strong" if name == view else "muted") for name in views)]


def can_view(view: View, answer: Answer | None, draft: Draft | None) -> bool:
    """Return whether there is something to read in a view."""
    if view == "answer":
        return answer is not None
    return view != "changes" or (draft is not None and (draft.is_changed or draft.key.kind == "job"))


def body(view: View, draft: Draft | None, look: Look | None, answer: Answer | None) -> Body:
    """Return the text of a view. It may be long: do not call it on the event loop."""
    if draft is None or look is None:
        return Body("No template is chosen.")
    if view == "changes":
        return Body(changes(draft) or "Nothing is different.")
    if view == "answer" and answer is not None:
        return Body(answer_text(answer, look))
    preview = look.preview
    if preview is None:
        return Body(STOPPED if look.problems else f"{NO_DATA}\n\nn begins a template of your own.")
    if preview.rendered is None:
        return Body(STOPPED)
    if view == "JSON":
        return Body(indented(preview.rendered.line), "json")
    return Body(readable(preview.rendered.custom_id, preview.rendered.params))


def changes(draft: Draft) -> str:
    """Return what is changed in a template, as a unified diff; the one of a job is compared with today's."""
    if draft.key.kind == "job":
        from batchtui.services.compose import Composer

        return Composer.compare(KeptTemplate(draft.key.name, draft.text), draft.today)
    lines = difflib.unified_diff(
        draft.saved.splitlines(), draft.text.splitlines(), "as it is saved", "as it is written here", lineterm=""
    )
    return "\n".join(lines)


def answer_text(answer: Answer, look: Look) -> str:
    """Return what came of a live trial: what it cost, and the words."""
    trial = answer.trial
    of_another = "" if answer.text == look.text else ", before the template was changed"
    head = [
        f"row {count(answer.number)}, sent live{of_another}",
        f"{trial.model}  {trial.stop_reason or 'no stop reason'}  {trial.seconds:.1f} s",
        f"{tokens_text(trial.tokens)}  {usd(trial.cost_usd, 'price unknown')}",
    ]
    return "\n".join([*head, "", trial.text or "(no text)"])


def tokens_text(tokens: Tokens) -> str:
    """Return how many tokens went in and came out."""
    return f"{count(tokens.total_input)} tokens in, {count(tokens.output)} out"


def facts(look: Look | None, survey: Survey | BatchtuiError | None, *, is_counting: bool) -> list[list[Cell]]:
    """Return the lines below the preview: what is wrong with the row, and what all rows come to."""
    if look is None:
        return []
    preview = look.preview
    problems = [*look.problems, *(preview.problems if preview else ())]
    lines = [[Cell(f"✗ {clean_line(problem)}", "bad")] for problem in problems[:PROBLEMS_SHOWN]]
    if len(problems) > PROBLEMS_SHOWN:
        lines.append([Cell(f"… and {count(len(problems) - PROBLEMS_SHOWN)} more", "bad")])
    if preview is not None:
        if preview.missing:
            lines.append([Cell("missing  ", "muted"), Cell(", ".join(preview.missing), "bad")])
        if preview.unused:
            lines.append([Cell("not used  ", "muted"), Cell(", ".join(preview.unused), "muted")])
        if preview.rendered:
            lines.append([Cell("this row  ", "muted"), Cell(bytes_text(preview.body_bytes))])
    if isinstance(survey, BatchtuiError):
        # What keeps the template from being used at all stands above already.
        return lines if look.problems else [*lines, [Cell(f"✗ {clean_line(str(survey))}", "bad")]]
    if survey is not None:
        lines += _of_all(survey, is_counting=is_counting)
    elif is_counting and look.template is not None and look.data is not None:
        lines.append([Cell("all rows  ", "muted"), Cell("counting …", "muted")])
    return lines


def _of_all(survey: Survey, *, is_counting: bool) -> list[list[Cell]]:
    """Return what all rows come to; the numbers of an older text are dimmed."""
    lines: list[list[Cell]] = []
    if survey.error_count:
        first = next(problem for problem in survey.problems if problem.is_error)
        lines.append(
            [Cell(f"✗ {counted(survey.error_count, 'problem')} in {counted(survey.chosen, 'row')}", "bad")]
        )
        lines.append([Cell(f"  row {count(first.line)}: {clean_line(first.message)}", "bad")])
    warnings = survey.problem_count - survey.error_count
    if warnings:
        first = next(problem for problem in survey.problems if not problem.is_error)
        lines.append([Cell(f"! {counted(warnings, 'warning')}: {clean_line(first.message)}", "warn")])
    parts = counted(len(survey.parts), "part")
    if len(survey.parts) > 1:
        parts += f" of up to {count(max(survey.parts))}"
    chosen = "" if survey.chosen == survey.rows else f" of {counted(survey.rows, 'row')}"
    tone: Literal["", "muted"] = "muted" if is_counting else ""
    size = f"{counted(survey.requests, 'request')}{chosen}, {bytes_text(survey.body_bytes)}, {parts}"
    lines.append([Cell("in all  ", "muted"), Cell(size, tone), Cell("  …" if is_counting else "", "muted")])
    return [*lines, *price_lines(survey.estimate, tone)]


def price_lines(estimate: Estimate, tone: Literal["", "muted"] = "") -> list[list[Cell]]:
    """Return what a batch costs, what the same costs outside of one, and how well that is known."""
    if estimate.cost_usd_high is None:
        models = ", ".join(estimate.unpriced_models)
        return [[Cell("price  ", "muted"), Cell(f"unknown ({models})" if models else "unknown", "warn")]]
    known = "output as in your trial" if estimate.output_tried else "guessed; T tries a row"
    return [
        [
            Cell("batch  ", "muted"),
            Cell(usd_range(estimate.cost_usd_low, estimate.cost_usd_high), "muted" if tone else "ok"),
            Cell(f"  standard up to {usd(estimate.standard_cost_usd)}", "muted"),
        ],
        [Cell(f"  {known}", "muted")],
    ]


def delete_question(draft: Draft) -> Question:
    """Ask whether to delete a template."""
    body = ("Its file is removed. Jobs made from it keep its text, and t on such a job brings it back.",)
    return Question(f"Delete {draft.key.name}?", body, "Delete", is_danger=True)


def revert_question(draft: Draft) -> Question:
    """Ask whether to drop what was changed in a template and not saved."""
    lines = changes(draft).splitlines()[2:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    body = (f"{counted(added, 'line')} added and {counted(removed, 'line')} removed since it was saved.",)
    return Question(f"Drop the changes in {draft.key.name}?", body, "Drop them", is_danger=True)


def trial_question(number: int, name: str, estimate: Estimate, rendered: Rendered, profile: Profile) -> Question:
    """Ask whether to send one row live; `estimate` is at full price."""
    price = usd(estimate.standard_cost_usd, "an unknown price")
    body = (
        f"Full price, not half: up to {price}. It is answered at once and is in no batch.",
        "",
        f"{rendered.custom_id}, {rendered.params.get('model')}, {bytes_text(len(rendered.line))}",
        f"to {host(profile.base_url)}, profile {profile.name}",
    )
    return Question(f"Send row {count(number)} of {name} now?", body, "Send it")


def trial_words(trial: Trial) -> str:
    """Return what came of a trial, in a line."""
    cost = usd(trial.cost_usd, "price unknown")
    return f"{tokens_text(trial.tokens)}, {cost}, {trial.seconds:.1f} s; the estimate goes by it now"


def _mark(draft: Draft) -> Cell:
    if draft.trouble or (draft.entry and draft.entry.problem):
        return Cell("✗", "bad")
    if draft.is_changed:
        return Cell("●", "warn")
    return Cell("↺", "accent") if draft.key.kind == "job" else Cell("")


def _origin(draft: Draft) -> str:
    if draft.key.kind == "job":
        return "as a job was made from it"
    if draft.entry is None:
        return "removed"
    return "your own" if draft.is_own else "shipped: saving makes a copy of your own"
