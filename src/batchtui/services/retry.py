"""Sending again what failed, as a new attempt of the same job."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchtui.domain.edits import change
from batchtui.domain.errors import RefusedError
from batchtui.domain.estimate import CHARS_PER_TOKEN, Estimate, Estimator, estimated_input_tokens
from batchtui.domain.job import Job, JobSummary
from batchtui.domain.lint import Linter
from batchtui.domain.numbers import enough_for_truncated
from batchtui.domain.policy import RetryPolicy
from batchtui.domain.queue import Decision, QueueRow, QueueState, Ruling, queue_rows
from batchtui.domain.request import encode_request
from batchtui.domain.result import FLAGGED, REFUSED, TRUNCATED, read_object
from batchtui.domain.retry import Cause, causes
from batchtui.domain.split import spread
from batchtui.domain.verdicts import EDIT_FIRST, NEVER, RESEND, Verdicts
from batchtui.services.find import Target
from batchtui.services.models import ModelLists
from batchtui.services.prepare import Line, Prepared, TakenLine, discard, merged, spool
from batchtui.services.submit import OnSent, Submission, Submissions
from batchtui.store import Store

FLAGS = (TRUNCATED, REFUSED, FLAGGED)
"""What a success may be that somebody wants another answer for."""

SAMPLE_ROWS = 16
"""Requests that are read to know how many tokens the bytes of the others are."""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What a retry would send and what it would leave, before anything is written.

    `by_error` covers all rows looked at, chosen or not, and so do the numbers by verdict. `skipped` are left:
    never, edit first without an edit, `given_up` after the same error on too many attempts, `set_aside` (held or
    dropped) by a person, or `without_request`, whose request is not known. `changes` are set on the params of every
    row that is sent, after what was decided about it. `estimate` is from the index and a few requests, and
    `tokens_per_byte` what those have. `suggested_max_tokens` is for rows that were truncated, if any are looked at.
    """

    job: Job
    attempt: int
    rows: tuple[QueueRow, ...]
    resend: int
    edit_first: int
    skipped: int
    by_error: tuple[Cause, ...]
    changes: Mapping[str, Any]
    never: int = 0
    given_up: int = 0
    set_aside: int = 0
    without_request: int = 0
    suggested_max_tokens: int | None = None
    estimate: Estimate = field(default_factory=lambda: Estimator().estimate())
    tokens_per_byte: float = 1 / CHARS_PER_TOKEN

    @property
    def failed(self) -> int:
        """Return how many rows were looked at: those without an answer, or without one that is wanted."""
        return len(self.rows) + self.skipped


class Retries:
    """Plans retries from the final answers of a job and sends them."""

    def __init__(
        self,
        store: Store,
        submissions: Submissions,
        models: ModelLists,
        *,
        table: Verdicts,
        policy: RetryPolicy,
    ) -> None:
        self._store = store
        self._models = models
        self._submissions = submissions
        self._table = table
        self._policy = policy

    def queue(self, target: Target) -> list[QueueRow]:
        """Return the rows of a batch or job that have no answer and are not on their way to one, in input order.

        Behind them come answers that a person wants anew.
        """
        summary = self._store.jobs.summary(target.job.id)
        return self._narrowed(summary, target, self._waiting(summary))

    def open_to_change(self, target: Target, custom_ids: Collection[str]) -> list[QueueRow]:
        """Return the rows with these custom_ids: those in the queue, and answers that have a flag."""
        wanted = frozenset(custom_ids)
        summary = self._store.jobs.summary(target.job.id)
        rows = [row for row in self._waiting(summary) if row.custom_id in wanted]
        others = wanted.difference([row.custom_id for row in rows])
        if others and not summary.is_unsettled:
            rows += self._answered(summary, self._store.queue.decisions(summary.job.id), None, others)
        return self._narrowed(summary, target, rows)

    def plan(
        self,
        target: Target,
        *,
        only: str | None = None,
        custom_ids: Iterable[str] | None = None,
        include_invalid: bool = False,
        changes: Mapping[str, Any] | None = None,
    ) -> RetryPlan:
        """Return what would be sent again of a batch or job.

        A row that has succeeded in a later attempt, or is in one that still runs, is not failed any more. `only`
        narrows to an outcome or error type; with `truncated`, `refused` or `flagged` it asks for another answer of
        the rows whose final answer is that. `custom_ids` narrow to rows, and choose such answers among them and
        rows that were given up. Rows whose request is invalid go only with `include_invalid`, with `changes`, or if
        a person edited them. Raises `RefusedError` where no request is known, or a submission of the job is still
        open.
        """
        chosen = None if custom_ids is None else frozenset(custom_ids)
        summary = self._store.jobs.summary(target.job.id)
        self._require_settled(summary)
        rows = self._rows(target, summary, only, chosen)
        rulings = Counter([row.ruling for row in rows])
        without_request = sum(number for ruling, number in rulings.items() if not ruling.has_request)
        if rows and without_request == len(rows):
            raise RefusedError(
                f"{target.name}: its requests are not known, because it was not sent from here.",
                unharmed="Nothing was sent.",
                todo="Its failed rows can be sent again once the file it was made from is attached: "
                f"`batchtui adopt {target.batches[0].id} --requests FILE`.",
            )
        sent = tuple(_going(rows, anyway=include_invalid or bool(changes), is_chosen=chosen is not None))
        verdicts, errors = Counter[str](), Counter[tuple[str, str]]()
        for ruling, number in rulings.items():
            verdicts[ruling.verdict] += number
            errors[ruling.cause, ruling.message] += number
        states = Counter([row.state for row in rows])
        tokens_per_byte = self._tokens_per_byte(sent)
        return RetryPlan(
            job=target.job,
            attempt=summary.attempts + 1,
            rows=sent,
            resend=verdicts[RESEND],
            edit_first=verdicts[EDIT_FIRST],
            skipped=len(rows) - len(sent),
            by_error=causes(errors, self._table),
            changes=dict(changes or {}),
            never=verdicts[NEVER],
            given_up=states["given_up"],
            set_aside=states["held"] + states["dropped"],
            without_request=without_request,
            suggested_max_tokens=_enough(rows) if any(kind == TRUNCATED for kind, _ in errors) else None,
            estimate=self._estimate(sent, changes or {}, tokens_per_byte),
            tokens_per_byte=tokens_per_byte,
        )

    async def prepare(self, plan: RetryPlan) -> Prepared:
        """Spool the rows of a plan; those that are changed are checked, the others go out to the byte as before.

        They go out with the betas of the job, and what they were made from goes along; rows that were made from
        different templates are parts of their own. Raises `RefusedError` if there are none, and as
        `prepare.prepare` does.
        """
        require_rows(plan)
        betas = self._store.intents.betas(plan.job.id)
        done: list[Prepared] = []
        try:
            for template_key, rows in self._by_template(plan.rows).items():
                linter = Linter(self._models.known(), betas=betas, unit="row")
                template = None if template_key is None else self._store.templates.kept(template_key)
                lines = self._lines(replace(plan, rows=rows), linter, with_data=template is not None)
                source = f"attempt {plan.attempt} of {plan.job.name}"
                done.append(await asyncio.to_thread(spool, self._store, lines, linter, source, template=template))
        except BaseException:
            for prepared in done:
                await discard(prepared)
            raise
        return replace(merged(done), betas=betas)

    async def send(self, plan: RetryPlan, prepared: Prepared, on_sent: OnSent | None = None) -> Submission:
        """Send a prepared retry as a new attempt; see `Submissions.send` for what it raises."""
        return await self._submissions.send(prepared, job=plan.job, attempt=plan.attempt, on_sent=on_sent)

    def request_lines(self, rows: Sequence[QueueRow]) -> Iterator[bytes]:
        """Yield the request line of each row with what a person decided about it."""
        lines = self._store.queue.lines(row.failure for row in rows)
        for row, (line, _) in zip(rows, lines, strict=True):
            yield encode_request(row.custom_id, outgoing_params(row, line, {})) if row.is_edited else line

    def linter(self, job: Job) -> Linter:
        """Return what checks the requests of a job."""
        return Linter(self._models.known(), betas=self._store.intents.betas(job.id), unit="row")

    def _waiting(self, summary: JobSummary) -> list[QueueRow]:
        decisions = self._store.queue.decisions(summary.job.id)
        rows = self._failed(summary, decisions)
        if decisions:
            others = decisions.keys() - {row.custom_id for row in rows}
            rows += [row for row in self._answered(summary, decisions, None, others) if row.decision is not None]
        if summary.open_intents:
            under_way = self._store.queue.under_way(summary.open_intents)
            rows = [row for row in rows if row.custom_id not in under_way]
        return rows

    def _rows(
        self, target: Target, summary: JobSummary, only: str | None, chosen: frozenset[str] | None
    ) -> list[QueueRow]:
        if only in FLAGS:
            rows = self._answered(summary, self._store.queue.decisions(summary.job.id), only, chosen)
            return self._narrowed(summary, target, rows)
        rows = self.queue(target) if chosen is None else self.open_to_change(target, chosen)
        if only not in {None, "failed"}:
            rows = [row for row in rows if only in {row.failure.type, row.failure.error_type}]
        return rows

    def _failed(self, summary: JobSummary, decisions: Mapping[str, Decision]) -> list[QueueRow]:
        failed = self._store.results.failed([stored.key for stored in summary.batches])
        return queue_rows(failed, decisions, self._table, self._policy.attempts)

    def _answered(
        self,
        summary: JobSummary,
        decisions: Mapping[str, Decision],
        flag: str | None,
        custom_ids: Collection[str] | None,
    ) -> list[QueueRow]:
        if custom_ids is not None and not custom_ids:
            return []
        keys = [stored.key for stored in summary.batches]
        answered = self._store.results.answered(keys, flag=flag, custom_ids=custom_ids)
        return queue_rows(answered, decisions, self._table, self._policy.attempts)

    def _narrowed(self, summary: JobSummary, target: Target, rows: list[QueueRow]) -> list[QueueRow]:
        """Return the rows of the batch that is meant, if it is one of several."""
        if target.is_job or len(summary.batches) == 1:
            return rows
        key = target.batches[0].key
        held = self._store.requests.custom_ids(key)
        return [row for row in rows if row.custom_id in held or row.failure.batch_key == key]

    def _tokens_per_byte(self, rows: Sequence[QueueRow]) -> float:
        """Return how many input tokens a byte of these requests is, guessed from a few of them."""
        some = [rows[number].failure for number in sorted(spread(len(rows), SAMPLE_ROWS))]
        lines = [line for line, _ in self._store.queue.lines(some)]
        tokens = sum(estimated_input_tokens(read_object(line)["params"]) for line in lines)
        return tokens / sum(map(len, lines)) if lines else 1 / CHARS_PER_TOKEN

    def _estimate(self, rows: Sequence[QueueRow], changes: Mapping[str, Any], tokens_per_byte: float) -> Estimate:
        # Most requests are like many others, and pricing one takes longer than counting it.
        as_before = [row.failure for row in rows if row.decision is None or not row.is_edited]
        sizes = Counter([(failure.model, failure.max_tokens, failure.length) for failure in as_before])
        edited = [row for row in rows if row.decision is not None and row.is_edited]
        models = sorted({model for model, _, _ in sizes} | {row.failure.model for row in edited})
        estimator = Estimator(usual_output=self._store.results.usual_output(models) if models else {})
        for (model, max_tokens, length), number in sizes.items():
            extra = _text_tokens(changes)
            name, output = _asked(changes, model, max_tokens)
            estimator.add_size(name, max(1, round(length * tokens_per_byte + extra)), output, number)
        for row in edited:
            decision = row.decision or Decision(row.failure.attempt)
            edits, params = {**decision.edits, **changes}, decision.params
            model, max_tokens = row.failure.model, row.failure.max_tokens
            tokens = row.failure.length * tokens_per_byte
            if params is not None:
                model, max_tokens = _asked(params, "", 0)
                tokens = estimated_input_tokens(dict(params))
            name, output = _asked(edits, model, max_tokens)
            estimator.add_size(name, max(1, round(tokens + _text_tokens(edits))), output)
        return estimator.estimate()

    def _by_template(self, rows: tuple[QueueRow, ...]) -> dict[int | None, tuple[QueueRow, ...]]:
        """Return rows by the number of the template that their requests were made from, None for none."""
        of_batches = self._store.templates.of_batches({row.failure.batch_key for row in rows})
        found: dict[int | None, list[QueueRow]] = {}
        for row in rows:
            anew = None if row.decision is None else row.decision.template_key
            found.setdefault(anew or of_batches.get(row.failure.batch_key), []).append(row)
        return {key: tuple(some) for key, some in found.items()}

    def _require_settled(self, summary: JobSummary) -> None:
        if summary.is_unsettled:
            raise RefusedError(
                f"{summary.job.name}: an earlier submission of this job is still open.",
                unharmed="Nothing was sent.",
                todo="`batchtui settle` shows it; its rows must not go out twice.",
            )

    def _lines(self, plan: RetryPlan, linter: Linter, *, with_data: bool) -> Iterator[Line]:
        lines = self._store.queue.lines((row.failure for row in plan.rows), with_data=with_data)
        for number, (row, (line, data)) in enumerate(zip(plan.rows, lines, strict=True), 1):
            if not plan.changes and not row.is_edited:
                failure = row.failure
                tokens = max(1, round(failure.length * plan.tokens_per_byte))
                yield TakenLine(line, failure.model, tokens, failure.max_tokens), data
                continue
            params = outgoing_params(row, line, plan.changes)
            value = {"custom_id": row.custom_id, "params": params}
            request = linter.judge(number, encode_request(row.custom_id, params), value)
            if request is not None:
                yield request, data


def require_rows(plan: RetryPlan) -> None:
    """Raise `RefusedError` if nothing would be sent."""
    if not plan.rows:
        raise RefusedError(
            f"{plan.job.name}: nothing to send again.", unharmed="Nothing was sent.", todo=_todo(plan)
        )


def outgoing_params(row: QueueRow, line: bytes, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the params of a row as they go out, from the request line sent before."""
    decision = row.decision
    if decision is not None and decision.params is not None:
        line = encode_request(row.custom_id, dict(decision.params))
    params: dict[str, Any] = read_object(line)["params"]
    change(params, {**(decision.edits if decision else {}), **changes})
    return params


def _going(rows: Iterable[QueueRow], *, anyway: bool, is_chosen: bool) -> Iterator[QueueRow]:
    """Yield the rows that are sent; one without a request line cannot be."""
    # Many rows are alike, and most of them are not decided about.
    answers: dict[tuple[Ruling, QueueState, bool], bool] = {}
    for row in rows:
        kind = (row.ruling, row.state, row.decision is not None and row.is_decided)
        goes = answers.get(kind)
        if goes is None:
            goes = answers[kind] = _goes(*kind, anyway=anyway, is_chosen=is_chosen)
        if goes:
            yield row


def _goes(ruling: Ruling, state: QueueState, is_decided: bool, *, anyway: bool, is_chosen: bool) -> bool:
    if not ruling.has_request or state in {"held", "dropped"}:
        return False
    if state == "given_up" and not (is_chosen or anyway):
        return False
    return ruling.verdict == RESEND or is_decided or (anyway and ruling.verdict == EDIT_FIRST)


def _todo(plan: RetryPlan) -> str:
    if plan.suggested_max_tokens:
        return (
            f"They would be cut off again: --set max_tokens={plan.suggested_max_tokens} gives them twice the room."
        )
    if plan.given_up:
        return "They met the same error again and again: change them first, `batchtui queue list` shows them."
    if plan.edit_first:
        return "Rows with an invalid request need a change first (--set, --edit, or --include-invalid)."
    return "`batchtui queue list` shows what waits and why." if plan.skipped else ""


def _enough(rows: Iterable[QueueRow]) -> int | None:
    """Return a max_tokens that rows which were cut off at theirs may fit into, None if none was."""
    asked = [row.failure.max_tokens for row in rows if row.failure.error_type == TRUNCATED]
    return enough_for_truncated(max(asked)) if asked else None


def _asked(params: Mapping[str, Any], model: str, max_tokens: int) -> tuple[str, int]:
    """Return the model and max_tokens of params, or those given where they name none."""
    named, allowed = params.get("model"), params.get("max_tokens")
    return named if isinstance(named, str) else model, allowed if isinstance(allowed, int) else max_tokens


def _text_tokens(edits: Mapping[str, Any]) -> float:
    return sum(len(value) for value in edits.values() if isinstance(value, str)) / CHARS_PER_TOKEN
