"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "batchtui"
FILE_LINES, APP_LINES, CLASS_METHODS, FUNCTION_LINES = 400, 250, 25, 60

FILES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def definitions(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_there_are_files_to_check() -> None:
    assert SOURCE / "__init__.py" in FILES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_fits_on_a_few_pages(path: Path) -> None:
    budget = APP_LINES if name_of(path) == "tui/app.py" else FILE_LINES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= budget


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_classes_and_functions_are_small(path: Path) -> None:
    too_large = []
    for node in definitions(path):
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
            if methods > CLASS_METHODS:
                too_large.append(f"class {node.name}: {methods} methods")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                too_large.append(f"{node.name}: {lines} lines")
    assert not too_large
