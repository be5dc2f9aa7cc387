"""Jinja2 as templates use it: a language of values and texts, with no way to Python or to endless work."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from types import CodeType, MethodType
from typing import Any

from jinja2 import StrictUndefined, TemplateRuntimeError, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from batchtui.domain.template import filters
from batchtui.domain.template.files import Files
from batchtui.domain.template.limits import MAX_BITS, MAX_ITEMS, Meter, TooMuchError, fits, refuse_number, weight_of

NAMES = frozenset({"row", "row_number"})
"""What every template is given; a template may not give these names to anything else."""

FAILURES = (
    TemplateRuntimeError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What can come out of a template that runs: it is a program, and its operators and filters are those of Python."""

SYNTAX_FAILURES = (TemplateSyntaxError, SyntaxError, RecursionError, MemoryError, ValueError, OverflowError)
"""What can come out of reading and compiling one; all but the first are for what is nested too deeply."""

MAX_PARTS = 10_000
TOO_MANY_PARTS = f"more than {MAX_PARTS:,} parts of Jinja2: names, values, operators, statements"

_STEPS_OF_A_TEST = 10
"""What comparing charges; long texts may be compared, and then the clock has to be looked at soon."""

_EACH, _MADE, _JOINED, _STEP = " each", " made", " joined", " step"

_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Block: "block",
    nodes.Extends: "extends",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
    nodes.ScopedEvalContextModifier: "autoescape",
}


class Row(dict[str, Any]):
    """The values of a row by the names of their columns, whatever those are."""


class _Namespace(Namespace):
    """What `namespace()` makes; it may hold itself, so what is in it is not written out."""

    def __repr__(self) -> str:
        return "<namespace>"


def _range(*bounds: int) -> range:
    """Return whole numbers in order, not too many."""
    numbers = range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise TooMuchError(f"a range of more than {MAX_ITEMS:,} numbers")
    return numbers


GLOBALS: Mapping[str, Callable[..., object]] = {"range": _range, "dict": dict, "namespace": _Namespace}
"""What a template can call; a column of that name takes its place."""


class Sandbox(SandboxedEnvironment):
    """An environment for one thread; `meter.begin()` goes before every row.

    What templates may call, use as a filter or read as an attribute is listed, everything else is refused. Of
    what they may use, whatever can make much of little is charged for before it does.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, files: Files | None = None) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=_written,
            optimized=False,
            autoescape=False,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.meter = Meter()
        self.globals = dict(GLOBALS)
        self.filters = self._filters(files or Files(None, ()))
        self.concat = self._concat  # type: ignore[method-assign]  # of which the base has one for all environments

    def compiled(self, tree: nodes.Template, name: str) -> CodeType:
        """Return code that charges for its steps; `name` is its file in tracebacks. Raises SYNTAX_FAILURES."""
        return self.compile(_Charging().visit(tree), filename=name)

    def getattr(self, obj: object, attribute: str) -> object:
        """Return the value under a key, else one of the methods that values have here."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        method = filters.METHODS.get(dict if type(obj) is Row else type(obj), {}).get(attribute)
        if method is not None:
            return partial(method, obj)
        if isinstance(obj, LoopContext | Namespace | Undefined) and not attribute.startswith("_"):
            return super().getattr(obj, attribute)
        if isinstance(obj, tuple) and attribute in getattr(obj, "_fields", ()):
            return getattr(obj, attribute)
        return self._nothing(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """Return an item by key or position, else what `getattr` gives."""
        if isinstance(obj, Undefined):
            return super().getitem(obj, argument)
        if isinstance(obj, dict | list | tuple | str | range):
            items: Any = obj
            try:
                return items[argument]
            except (TypeError, LookupError):
                pass
        return self.getattr(obj, argument) if isinstance(argument, str) else self._nothing(obj, argument)

    def is_safe_callable(self, obj: object) -> bool:
        """Return whether it is one of the few things that can be called."""
        if isinstance(obj, MethodType):
            return isinstance(obj.__self__, LoopContext)
        return isinstance(obj, partial | Undefined) or obj in GLOBALS.values()

    def call(self, context: Context, obj: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        """Call something and weigh what comes of it."""
        if not self.is_safe_callable(obj):
            raise SecurityError(f"{filters.kind_of(obj)} cannot be called")
        # Jinja2 hands these to whatever is called, for macros, which there are none of.
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        result = obj(*args, **kwargs)
        self.meter.weigh(result)
        return result

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Do arithmetic whose result has a bearable size."""
        if operator == "*":
            _check_product(left, right)
        elif operator == "**":
            if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > MAX_BITS:
                refuse_number()
        elif operator == "%" and isinstance(left, str):
            raise SecurityError("texts are formatted with the filter format: {{ '%05d' | format(row.number) }}")
        elif isinstance(left, str) and isinstance(right, str):
            fits(len(left) + len(right))
        result = super().call_binop(context, operator, left, right)
        self.meter.weigh(result)
        return result

    def _nothing(self, obj: object, key: object) -> Undefined:
        name = str(key)
        if name.startswith("_") and not isinstance(obj, dict):
            hint = f"{name!r} is part of Python and out of reach of templates"
            return self.undefined(hint, obj=obj, name=name, exc=SecurityError)
        if type(obj) is Row:
            return self.undefined(f"the row has no column {name!r}", obj=obj, name=name)
        return self.undefined(f"{filters.kind_of(obj)} has no {key!r}", obj=obj, name=name)

    def _concat(self, pieces: Iterable[str]) -> str:
        made = filters.joined(pieces)
        self.meter.weigh(made)
        return made

    def _filters(self, files: Files) -> dict[str, Callable[..., Any]]:
        named: dict[str, Callable[..., Any]] = {
            **{name: FILTERS[name] for name in filters.CHEAP},
            **{name: _for_short(name, FILTERS[name]) for name in filters.KEPT},
            **filters.OWN,
            "readfile": files.text,
            "b64file": files.base64,
            "media_type": files.media_type,
            _MADE: lambda value: value,
            _JOINED: filters.joined,
        }
        return {
            **{name: self._weighing(filter_) for name, filter_ in named.items()},
            _EACH: self._each,
            _STEP: self._step,
        }

    def _weighing(self, filter_: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(filter_)
        def weighing(*args: object, **kwargs: object) -> object:
            result = filter_(*args, **kwargs)
            self.meter.weigh(result)
            return result

        return weighing

    def _each(self, values: Iterable[Any], steps: int) -> Iterator[Any]:
        charge = self.meter.charge
        for value in values:
            charge(steps)
            yield value

    def _step(self, value: object) -> object:
        self.meter.charge(_STEPS_OF_A_TEST)
        return value


class _Charging(NodeTransformer):
    """Puts what is charged for into the hands of the filters that do it; their names cannot be written."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - named after the node
        steps = 1 + sum(1 for _ in node.find_all(nodes.Node)) // 4
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _EACH, nodes.Const(steps))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), _JOINED)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, _MADE) if node.ctx == "load" else node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, _MADE) if isinstance(node.arg, nodes.Slice) else node

    def _made(self, node: nodes.Expr) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, _MADE)

    def _step(self, node: nodes.Expr) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, _STEP)

    visit_List = visit_Dict = _made  # noqa: N815
    visit_Compare = visit_Test = _step  # noqa: N815


def problems_of(tree: nodes.Template, sandbox: Sandbox) -> Iterator[tuple[int, str]]:
    """Yield line and message of what a template uses that it may not."""
    for number, node in enumerate(tree.find_all(nodes.Node)):
        if number == MAX_PARTS:
            yield node.lineno, TOO_MANY_PARTS
            return
        if type(node) in _REFUSED:
            yield node.lineno, f"{_REFUSED[type(node)]} is not for templates: each text stands for itself"
        elif isinstance(node, nodes.For) and node.recursive:
            yield node.lineno, "a loop may not be recursive"
        elif isinstance(node, nodes.Name) and node.ctx in {"store", "param"} and node.name in NAMES:
            yield node.lineno, f"{node.name} is given to every template: call this something else"
        elif isinstance(node, nodes.Name) and node.name == "self":
            yield node.lineno, "self is a name of Jinja2: write row.self for a column"
        elif isinstance(node, nodes.Const) and isinstance(node.value, float) and not math.isfinite(node.value):
            yield node.lineno, "a number is too large"
        elif isinstance(node, nodes.Filter):
            if node.name == filters.TYPED:
                yield node.lineno, f"`{filters.TYPED}` is the last filter of a string that is one expression"
            elif node.name not in sandbox.filters:
                yield node.lineno, _unknown("filter", node.name, sandbox.filters)
        elif isinstance(node, nodes.Test) and node.name not in sandbox.tests:
            yield node.lineno, _unknown("test", node.name, sandbox.tests)


@pass_context
def _written(context: Context, value: object) -> object:
    """Return what is written for a value: nothing for null."""
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool or isinstance(value, Undefined):
        return value
    if value is None:
        return ""
    if callable(value):
        raise TemplateRuntimeError("this is no value: () is missing, or it is only a part of an expression")
    if not isinstance(value, list | tuple | dict):
        raise TemplateRuntimeError(
            f"{filters.kind_of(value)} cannot be written out: add `| list` or `| join(', ')`"
        )
    made = str(value)
    context.environment.meter.weigh(made)  # type: ignore[attr-defined]  # it is a Sandbox
    return made


def _check_product(left: object, right: object) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            refuse_number()
        return
    items, times = (right, left) if isinstance(left, int) else (left, right)
    if isinstance(items, str) and isinstance(times, int):
        fits(len(items) * times)
    elif isinstance(items, list | tuple) and isinstance(times, int):
        if len(items) * times > MAX_ITEMS:
            raise TooMuchError(f"a list of more than {MAX_ITEMS:,} items")
        fits(weight_of(items) * times)


def _for_short(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filter_)
    def for_short(*args: object, **kwargs: object) -> object:
        # The value is first or, for filters that want the environment too, second.
        for value in args[:2]:
            if isinstance(value, str) and len(value) > filters.MAX_SLOW_CHARS:
                raise TooMuchError(f"{name} takes at most {filters.MAX_SLOW_CHARS:,} characters")
        return filter_(*args, **kwargs)

    return for_short


def _filtered(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"there is no {what} {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
