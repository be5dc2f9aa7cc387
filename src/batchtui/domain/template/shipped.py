"""The templates that come with batchtui, and data to try them on."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from batchtui.domain.template.model import Template
from batchtui.domain.template.parse import parse_template

EXAMPLE_DATA = {
    "classify": "tickets.csv",
    "extract": "documents.csv",
    "judge": "answers.jsonl",
    "product-copy": "products.jsonl",
    "summarise": "readers.json",
    "translate": "phrases.csv",
}
"""The data of each template, by the names of templates."""


def examples_folder() -> Path:
    """Return the folder with `templates/` and `data/`."""
    return Path(str(files("batchtui"))) / "examples"


def example_data(name: str) -> Path:
    """Return the file with data for a template that comes with batchtui; raises KeyError for any other."""
    return examples_folder() / "data" / EXAMPLE_DATA[name]


@lru_cache(maxsize=1)
def shipped_templates() -> dict[str, Template]:
    """Return the templates that come with batchtui by their names; they are read once."""
    paths = sorted((examples_folder() / "templates").glob("*.yaml"))
    return {path.stem: parse_template(path.read_text(encoding="utf-8"), path.stem) for path in paths}
