"""Templates of one string, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.errors import RenderError, TemplateError
from batchtui.domain.template.parse import parse_template
from batchtui.domain.template.render import Renderer


def template_of(content: object, **keys: object) -> str:
    """The text of a template with this content, its first string in line 1."""
    return json.dumps({"params": {"content": content}, **keys})


def rendered(
    content: object,
    row: Mapping[str, Any] | None = None,
    *,
    folder: Path | None = None,
    allowed: Sequence[Path] = (),
) -> Any:
    """What the content becomes with a row, after a look at the line."""
    renderer = Renderer(parse_template(template_of(content), "t"), folder=folder, allowed=allowed)
    made = renderer.render(row or {}, 1)
    assert json.loads(made.line) == {"custom_id": made.custom_id, "params": made.params}
    return made.params["content"]


def refused(content: object, row: Mapping[str, Any] | None = None, **options: Any) -> str:
    """Why the content cannot be rendered."""
    with pytest.raises(RenderError) as caught:
        rendered(content, row, **options)
    assert (caught.value.name, caught.value.row) == ("t", 1)
    return caught.value.message


def problems(text: str) -> list[tuple[int | None, str]]:
    """What is wrong with the text of a template, each with its line."""
    with pytest.raises(TemplateError) as caught:
        parse_template(text, "t")
    return [(problem.line, problem.message) for problem in caught.value.problems]


def problem(text: str) -> str:
    """The one thing that is wrong with the text of a template."""
    [(_, message)] = problems(text)
    return message


def brief(value: object) -> str:
    """What names a value among the tests; some values are a million characters long."""
    return repr(value)[:60]
