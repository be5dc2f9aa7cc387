"""One Jinja2 source of a template, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Template, Undefined, nodes
from jinja2.runtime import Context

from batchtui.domain.template.columns import Used, used_in
from batchtui.domain.template.filters import TYPED
from batchtui.domain.template.limits import fits
from batchtui.domain.template.problem import Place
from batchtui.domain.template.sandbox import Sandbox, problems_of

_FILE = "<template>"
_RESULT = "result"


class Program:
    """A source that can be run; a string that is nothing but `{{ … | typed }}` gives the value of the expression.

    `used` is what it uses of a row, `parts` how much of Jinja2 there is in it, `problems` are line and message of
    what it may not use; with any it does nothing. Making one raises one of SYNTAX_FAILURES, running it one of
    FAILURES. Not for several threads at once.
    """

    def __init__(self, sandbox: Sandbox, text: str, place: Place) -> None:
        tree = sandbox.parse(text)
        self.place = place
        self.typed = _typed(tree)
        if self.typed is not None:
            tree = nodes.Template([nodes.Assign(nodes.Name(_RESULT, "store"), self.typed, lineno=1)], lineno=1)
            tree.set_environment(sandbox)
        self.problems = list(problems_of(tree, sandbox))
        self.used = Used() if self.problems else used_in(tree)
        self.parts = sum(1 for _ in tree.find_all(nodes.Node))
        self._sandbox = sandbox
        # With problems there is nothing to run, and an empty program is as good as none.
        code = sandbox.compiled(nodes.Template([], lineno=1) if self.problems else tree, _FILE)
        self._template = Template.from_code(sandbox, code, {})
        # Making one takes longer than running a short source in it.
        self._context = Context(sandbox, {}, None, {})

    def value(self, variables: Mapping[str, Any]) -> object:
        """Return the text it makes, or the value of a typed one."""
        context = self._context
        context.parent = variables  # type: ignore[assignment]  # it is only read
        context.vars = {}
        context.exported_vars.clear()
        pieces = list(self._template.root_render_func(context))
        if self.typed is not None:
            result = context.vars[_RESULT]
            return str(result) if isinstance(result, Undefined) else result
        fits(sum(map(len, pieces)))
        text = "".join(pieces)
        self._sandbox.meter.weigh(text)
        return text

    def line_of(self, error: BaseException) -> int:
        """Return the line of the template at which it stopped."""
        line, trace = 1, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = self._template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return self.place.line_of(line)


def _typed(tree: nodes.Template) -> nodes.Expr | None:
    match tree.body:
        case [nodes.Output(nodes=[nodes.Filter(name=name, node=nodes.Expr() as value)])] if name == TYPED:
            return value
    return None
