"""Which columns of a row a Jinja2 source uses, as far as that can be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinja2 import meta, nodes

from batchtui.domain.template.sandbox import GLOBALS, NAMES

_ROW_METHODS = frozenset({"get", "items", "keys", "values"})
_GUARDS = frozenset({"default", "d", "defined", "undefined"})


@dataclass
class Used:
    """What a source uses: `plain` names, `columns` of `row`, and which of them it can do without.

    `whole` says that it takes the row as a whole, and so every column; `number` that it uses `row_number`.
    """

    plain: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    whole: bool = False
    number: bool = False

    @property
    def names(self) -> set[str]:
        """Return all columns named in one way or the other."""
        return self.plain | self.columns

    def add(self, other: Used) -> None:
        """Take in what another source uses."""
        self.plain |= other.plain
        self.columns |= other.columns
        self.optional |= other.optional
        self.whole |= other.whole
        self.number |= other.number


def used_in(tree: nodes.Template) -> Used:
    """Return what a source uses; the tree must be as it was parsed."""
    undeclared = meta.find_undeclared_variables(tree)
    # A column may have the name of a function, which Jinja2 does not count as a variable.
    functions = {node.name for node in tree.find_all(nodes.Name) if node.name in GLOBALS}
    used = Used(plain=(undeclared | functions) - NAMES, number="row_number" in undeclared)
    _walk(tree, used)
    return used


def _walk(node: nodes.Node, used: Used) -> None:
    match node:
        case nodes.Call(
            node=nodes.Getattr(node=nodes.Name(name="row"), attr="get"), args=[nodes.Const(value=str(name)), *_]
        ):
            used.columns.add(name)
            used.optional.add(name)
            for argument in node.args:
                _walk(argument, used)
            return
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="row"), attr=method)) if method in _ROW_METHODS:
            used.whole = True
        case nodes.Filter(name=name) | nodes.Test(name=name) if name in _GUARDS and node.node is not None:
            column = _column(node.node)
            if column is not None:
                used.optional.add(column)
    column = _column(node)
    if column is not None and not isinstance(node, nodes.Name):
        used.columns.add(column)
        return
    if isinstance(node, nodes.Name) and node.name == "row":
        used.whole = True
    for child in node.iter_child_nodes():
        _walk(child, used)


def _column(node: nodes.Node) -> str | None:
    match node:
        case nodes.Getattr(node=nodes.Name(name="row"), attr=name):
            return str(name)
        case nodes.Getitem(node=nodes.Name(name="row"), arg=nodes.Const(value=str(name))):
            return name
        case nodes.Name(name=name) if name not in NAMES:
            return str(name)
    return None
