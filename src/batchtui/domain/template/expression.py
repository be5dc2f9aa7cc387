"""Expressions that choose rows: the language of templates, without the braces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError

from batchtui.domain.errors import RenderError, TemplateError
from batchtui.domain.template.compiled import Program
from batchtui.domain.template.filters import TYPED
from batchtui.domain.template.parse import syntax_message
from batchtui.domain.template.problem import Place, TemplateProblem
from batchtui.domain.template.sandbox import FAILURES, GLOBALS, SYNTAX_FAILURES, Row, Sandbox
from batchtui.domain.template.telling import told

_TOLD_CHARS = 80
_WITHOUT = "`NAME is defined and NAME > 10` is for columns that only some rows have."


def expression(text: str) -> Callable[[Mapping[str, Any], int], bool]:
    """Return what says of the values of a row and its number whether an expression holds: `price > 10`.

    Columns go by their names and as `row.NAME`, and there is `row_number`. Values have the types that the data
    gave them. Raises TemplateError for what is no expression; the function raises RenderError. Not for several
    threads at once.
    """
    name = f"the expression {text[:_TOLD_CHARS]!r}"
    sandbox = Sandbox()
    if not text.strip():
        raise TemplateError(name, [TemplateProblem(None, "there is nothing in it")])
    try:
        # The line break ends nothing here, but what stands in the text cannot reach over it with a comment.
        program = Program(sandbox, f"{{{{ ({text}\n) | {TYPED} }}}}", Place(1, False))
    except SYNTAX_FAILURES as error:
        message = error.message if isinstance(error, TemplateSyntaxError) else syntax_message(error)
        raise TemplateError(name, [TemplateProblem(None, message or "this is no expression")]) from error
    if program.problems:
        raise TemplateError(name, [TemplateProblem(None, message) for _, message in program.problems])

    def holds(values: Mapping[str, Any], number: int) -> bool:
        row = Row(values)
        sandbox.meter.begin()
        try:
            return bool(program.value({**GLOBALS, **row, "row": row, "row_number": number}))
        except FAILURES as error:
            said, todo = told(error, row, without=_WITHOUT)
            raise RenderError(name, None, number, said, todo=todo) from error

    return holds
