"""The templates that come with batchtui, and data to try them on."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from batchtui.domain.template.model import Template
from batchtui.domain.template.parse import parse_template


def examples_folder() -> Path:
    """Return the folder with `templates/` and `data/`."""
    return Path(str(files("batchtui"))) / "examples"


@lru_cache(maxsize=1)
def shipped_templates() -> dict[str, Template]:
    """Return the templates that come with batchtui by their names; they are read once."""
    paths = sorted((examples_folder() / "templates").glob("*.yaml"))
    return {path.stem: parse_template(path.read_text(encoding="utf-8"), path.stem) for path in paths}
