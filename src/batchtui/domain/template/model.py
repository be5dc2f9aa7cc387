"""What a template holds and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchtui.domain.checks import Checks
from batchtui.domain.template.problem import Path, Place

DEFAULT_CUSTOM_ID = "row-{{ row_number }}"
"""The custom_id of a template that says none."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that can be used: its YAML and its Jinja2 are valid.

    `name` is the stem of its file and `text` the exact text. The strings of `custom_id` and `params` are Jinja2
    source, everything else in `params` is as written. `defaults` are the values of columns that a row does not
    have. `places` says where each string of them stands in the text.
    """

    name: str
    text: str
    description: str
    custom_id: str
    params: Mapping[str, Any]
    defaults: Mapping[str, Any]
    betas: tuple[str, ...]
    checks: Checks
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One request: `line` is its exact line without a newline.

    Parts of `params` that are the same for every row are shared between rows: look, do not change.
    """

    custom_id: str
    params: dict[str, Any]
    line: bytes
