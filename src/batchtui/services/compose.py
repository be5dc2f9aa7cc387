"""From a template and rows of data to a submission: looked at, counted, priced, tried, prepared."""

from __future__ import annotations

import asyncio
import difflib
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.cost import standard_cost_usd
from batchtui.domain.errors import LintError, RenderError, StoreError
from batchtui.domain.estimate import Estimate, Estimator
from batchtui.domain.job import KeptTemplate
from batchtui.domain.lint import Linter, Problem
from batchtui.domain.request import body_length
from batchtui.domain.result import Tokens, output_text, tokens_of
from batchtui.domain.split import part_sizes
from batchtui.services.find import Target
from batchtui.services.making import HINTS, LISTED_OF_A_RULE, Making, OnRows, Where, row_line
from batchtui.services.models import ModelLists
from batchtui.services.prepare import Prepared, spool
from batchtui.services.worker import Stop, in_thread
from batchtui.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.api.gateway import Gateway
    from batchtui.domain.template.model import Rendered, Template
    from batchtui.domain.template.render import Renderer
    from batchtui.services.rows import Row, Rows

MEND_TODO = "Mend the template or the rows named and try again."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template makes of one row.

    `rendered` is None where it makes no request. `problems` are sentences, errors before warnings. `missing` are
    the variables of the template that the data do not have, `unused` the columns it does not use. `body_bytes` is
    the size of the request.
    """

    row: Row
    rendered: Rendered | None
    problems: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    body_bytes: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a template makes of all rows, without anything written.

    `rows` were read, `chosen` of them were asked for, and `requests` can be sent, in batches of as many as `parts`
    says. `problems` are the first of each rule, `counts` all of them by rule, `error_count` those that stop it.
    """

    rows: int
    chosen: int
    requests: int
    body_bytes: int
    parts: tuple[int, ...]
    estimate: Estimate
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    error_count: int

    @property
    def problem_count(self) -> int:
        """Return how many problems there are, listed or not."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer to one live request, paid at full price; `cost_usd` is None where the price is not known.

    `not_remembered` is why estimates will not know of it, empty where they will.
    """

    text: str
    stop_reason: str | None
    model: str
    tokens: Tokens
    cost_usd: float | None
    seconds: float
    message: Mapping[str, Any]
    not_remembered: str = ""


class Composer:
    """Makes submissions from templates and rows, and shows before what they would be.

    `values` win over the columns of a row. `where` is an expression that chooses rows, `limit` takes the first of
    them. Files may be read into requests below the folder of the data and below `allowed`. The rows stay open.
    """

    def __init__(
        self, store: Store, gateway: Gateway, models: ModelLists, require_writable: Callable[[str], None]
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._models = models
        self._require_writable = require_writable

    async def prepare(
        self,
        template: Template,
        rows: Rows,
        *,
        values: Mapping[str, Any] = {},
        where: str | None = None,
        limit: int | None = None,
        mend: bool = False,
        allowed: Sequence[Path] = (),
        sample: int | None = None,
        on_rows: OnRows | None = None,
    ) -> Prepared:
        """Spool the requests, the rows they are made from and the text of the template.

        `mend` and `sample` are as for `prepare.prepare`, `on_rows` is told in another thread, about twice a second,
        how many rows were read. Raises `LintError` with all that is wrong, `TemplateError`
        for a bad `where`, and `StoreError`; then nothing is left on disk.
        """

        def work(stop: Stop) -> Prepared:
            linter = self._linter(template, mend=mend)
            renderer = _renderer(template, rows, values, allowed)
            making = Making(renderer, linter, stop, template.name, _where(where), limit, on_rows)
            lines = ((request, row_line(row)) for request, row in making.read(rows))
            kept = KeptTemplate(template.name, template.text)
            return spool(self._store, lines, linter, rows.source, template=kept, sample=sample, todo=MEND_TODO)

        return await in_thread(work)

    async def preview(
        self,
        template: Template,
        rows: Rows,
        number: int,
        *,
        values: Mapping[str, Any] = {},
        allowed: Sequence[Path] = (),
    ) -> Preview:
        """Return what becomes of one row, counting from 1; raises `DataError` if it cannot be read."""

        def work(_stop: Stop) -> Preview:
            row = rows.at(number)
            renders = _renderer(template, rows, values, allowed)
            missing, unused = renders.missing(rows.columns), renders.unused(rows.columns)
            try:
                rendered = renders.render(row.values, row.number)
            except RenderError as error:
                return Preview(row, None, (f"{error.what} {error.todo}".rstrip(),), missing, unused, 0)
            linter = self._linter(template)
            linter.judge(1, rendered.line, {"custom_id": rendered.custom_id, "params": rendered.params})
            found = sorted(linter.problems, key=lambda problem: not problem.is_error)
            problems = tuple(f"{each.rule}: {each.message}{HINTS.get(each.rule, '')}" for each in found)
            return Preview(row, rendered, problems, missing, unused, body_length(len(rendered.line), 1))

        return await in_thread(work)

    async def survey(
        self,
        template: Template,
        rows: Rows,
        *,
        values: Mapping[str, Any] = {},
        where: str | None = None,
        limit: int | None = None,
        allowed: Sequence[Path] = (),
        on_rows: OnRows | None = None,
    ) -> Survey:
        """Return what becomes of all rows; cancelling it ends it within a row.

        `on_rows` is as for `prepare`. Raises `TemplateError` for a bad `where`.
        """

        def work(stop: Stop) -> Survey:
            linter = self._linter(template)
            renderer = _renderer(template, rows, values, allowed)
            making = Making(renderer, linter, stop, template.name, _where(where), limit, on_rows)
            tried = self._store.templates.tried_output(template.text)
            estimator = Estimator(usual_output=self._usual_output(template), tried_output=tried)
            lengths = array("L")
            for request, _ in making.read(rows):
                lengths.append(len(request.line))
                estimator.add(request.params)
            return Survey(
                making.rows,
                making.chosen,
                len(lengths),
                body_length(sum(lengths), len(lengths)),
                tuple(part_sizes(lengths)),
                estimator.estimate(),
                tuple(linter.problems),
                dict(linter.counts),
                linter.error_count,
            )

        return await in_thread(work)

    async def trial(self, template: Template, rendered: Rendered) -> Trial:
        """Send one request now, with the betas of its template, at full price, and return the answer.

        It is never repeated. What it brought is remembered for the estimates of this template. Raises `LintError`
        where a batch would not take the request, `RefusedError` if the profile is read-only, and an `ApiError`.
        """
        self._require_writable("send")
        linter = self._linter(template)
        value = {"custom_id": rendered.custom_id, "params": rendered.params}
        if linter.judge(1, rendered.line, value) is None:
            raise LintError(template.name, linter.problems, todo=MEND_TODO)
        asked = str(rendered.params["model"])
        began = time.monotonic()
        message = await self._gateway.create_message(rendered.params, betas=template.betas)
        seconds = time.monotonic() - began
        tokens = tokens_of(message.get("usage"))
        model = _text(message, "model") or asked
        # The first price of a process takes a while to be found.
        cost_usd = await asyncio.to_thread(standard_cost_usd, model, tokens)
        not_remembered = ""
        try:
            await self._store.templates.add_trial(
                template.text,
                asked,
                input_tokens=tokens.total_input,
                output_tokens=tokens.output,
                cost_usd=cost_usd,
            )
        except StoreError as error:
            # It is paid for, so it is shown in any case.
            not_remembered = str(error)
        return Trial(
            output_text(message),
            _text(message, "stop_reason"),
            model,
            tokens,
            cost_usd,
            seconds,
            message,
            not_remembered,
        )

    def template_of(self, target: Target) -> KeptTemplate | None:
        """Return the template a batch or job was made from, as it was then; None if it was made without one."""
        if target.is_job:
            return self._store.templates.of_job(target.job.id)
        return self._store.templates.of_batch(target.batches[0].key)

    @staticmethod
    def compare(kept: KeptTemplate, current_text: str) -> str:
        """Return what is different between a template as it was and as it is as a unified diff, or nothing."""
        return "\n".join(
            difflib.unified_diff(
                kept.text.split("\n"),
                current_text.split("\n"),
                f"{kept.name} as it was sent",
                f"{kept.name} today",
                lineterm="",
            )
        )

    def _linter(self, template: Template, *, mend: bool = False) -> Linter:
        return Linter(
            self._models.known(),
            mend=mend,
            betas=template.betas,
            unit="row",
            listed_of_a_rule=LISTED_OF_A_RULE,
        )

    def _usual_output(self, template: Template) -> dict[str, float]:
        model = template.params.get("model")
        return self._store.results.usual_output([model]) if isinstance(model, str) else {}


def _text(message: Mapping[str, Any], name: str) -> str | None:
    value = message.get(name)
    return value if isinstance(value, str) else None


def _where(text: str | None) -> Where | None:
    if text is None:
        return None
    from batchtui.domain.template.expression import expression

    return expression(text)


def _renderer(template: Template, rows: Rows, values: Mapping[str, Any], allowed: Sequence[Path]) -> Renderer:
    from batchtui.domain.template.render import Renderer

    return Renderer(template, values=values, folder=rows.folder, allowed=allowed)
