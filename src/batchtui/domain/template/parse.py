"""From the text of a template to a template that can be used, or to all that is wrong with it."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError

from batchtui.domain.checks import Checks, read_checks
from batchtui.domain.errors import TemplateError
from batchtui.domain.template.compiled import Program
from batchtui.domain.template.filters import TYPED
from batchtui.domain.template.model import DEFAULT_CUSTOM_ID, Template
from batchtui.domain.template.problem import Path, Place, TemplateProblem
from batchtui.domain.template.sandbox import MAX_PARTS, SYNTAX_FAILURES, TOO_MANY_PARTS, Sandbox
from batchtui.domain.template.source import MAX_PROBLEMS, Source, is_jinja, read_source, strings_in

KEYS = ("description", "custom_id", "params", "defaults", "betas", "checks")
"""The keys of a template."""


def parse_template(text: str, name: str) -> Template:
    """Return the template of a text; raises TemplateError with every problem and its line.

    `name` is what messages call it, the stem of its file.
    """
    source = read_source(text, name)
    reader = _Reader(source)
    template = reader.template(text, name)
    if reader.problems:
        told = sorted(reader.problems, key=lambda problem: problem.line or 0)
        raise TemplateError(name, told[:MAX_PROBLEMS])
    return template


class _Reader:
    """Reads key by key and collects what is wrong."""

    def __init__(self, source: Source) -> None:
        self.problems: list[TemplateProblem] = []
        self._source = source

    def template(self, text: str, name: str) -> Template:
        values = self._source.values
        for key in values.keys() - set(KEYS):
            near = difflib.get_close_matches(key, KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"a template has {', '.join(KEYS[:-1])} and {KEYS[-1]}"
            self._tell((key,), f"there is no key {key!r}: {hint}")
        params = self._mapping("params")
        if not params and not self._source.values.get("params"):
            self._tell(("params",), "there are no params: give model, max_tokens and messages")
        custom_id = self._text("custom_id") or DEFAULT_CUSTOM_ID
        self._check_jinja(custom_id, params)
        return Template(
            name=name,
            text=text,
            description=self._text("description").strip(),
            custom_id=custom_id,
            params=params,
            defaults=self._mapping("defaults"),
            betas=self._betas(),
            checks=self._checks(),
            places=self._source.places,
        )

    def _text(self, key: str) -> str:
        value = self._source.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._tell((key,), f"{key} must be text")
            return ""
        return value

    def _mapping(self, key: str) -> dict[str, Any]:
        value = self._source.values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._tell((key,), f"{key} must be a mapping")
            return {}
        return value

    def _betas(self) -> tuple[str, ...]:
        value = self._source.values.get("betas")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(beta, str) and beta for beta in value):
            self._tell(("betas",), "betas must be a list of their names")
            return ()
        return tuple(value)

    def _checks(self) -> Checks:
        checks, wrong = read_checks(self._source.values)
        for name, message in wrong:
            self._tell(("checks", name) if name else ("checks",), message)
        return checks

    def _check_jinja(self, custom_id: str, params: dict[str, Any]) -> None:
        left = MAX_PARTS
        for path, text in (*strings_in(custom_id, ("custom_id",)), *strings_in(params, ("params",))):
            if left > 0 and is_jinja(text):
                place = self._source.places.get(path, Place(1, False))
                parts, wrong = _looked_at(text, may_be_typed=path != ("custom_id",))
                left -= parts
                if left <= 0 and not wrong:
                    wrong = [(1, TOO_MANY_PARTS)]
                self.problems += [TemplateProblem(place.line_of(line), message) for line, message in wrong]
        for path, line in self._source.lines.items():
            if isinstance(path[-1], str) and path[0] == "params" and is_jinja(path[-1]):
                self.problems.append(TemplateProblem(line, f"the key {path[-1]!r}: keys are not rendered"))

    def _tell(self, path: Path, message: str) -> None:
        self.problems.append(TemplateProblem(self._source.lines.get(path), message))


@lru_cache(maxsize=1)
def _sandbox() -> Sandbox:
    """Return an environment that only reads; making one takes longer than reading a template."""
    return Sandbox()


def _looked_at(text: str, *, may_be_typed: bool) -> tuple[int, list[tuple[int, str]]]:
    """Return how much Jinja2 there is in a source, and line and message of what is wrong with it."""
    try:
        program = Program(_sandbox(), text, Place(1, True))
    except SYNTAX_FAILURES as error:
        return 0, [(error.lineno if isinstance(error, TemplateSyntaxError) else 1, syntax_message(error))]
    wrong = program.problems
    if program.typed is not None and not may_be_typed:
        wrong = [*wrong, (1, f"a custom_id is text, so it has no `{TYPED}`")]
    return program.parts, wrong


def syntax_message(error: BaseException) -> str:
    """Return what is wrong with a Jinja2 source that cannot be read."""
    if isinstance(error, RecursionError | MemoryError | OverflowError):
        return "the Jinja2 is nested too deeply"
    said = str(getattr(error, "message", None) or error)
    return f"not valid Jinja2: {said.rstrip('.')}"
