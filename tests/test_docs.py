"""Pages of the docs that are written by the code are what the code would write."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["keys.md", "config.md"])
def test_a_page_is_as_the_code_writes_it(generate: ModuleType, name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generate.pages()[name], "run python docs/generate.py"


def test_every_setting_is_described(generate: ModuleType) -> None:
    page = generate.pages()["config.md"]
    assert not [line for line in page.splitlines() if line.endswith("|  |")]
