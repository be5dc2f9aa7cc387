"""New requests for rows that failed: from an editor, or made anew from their data rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, RefusedError
from batchtui.domain.result import read_object

if TYPE_CHECKING:
    from batchtui.domain.template.model import Rendered
    from batchtui.domain.template.render import Renderer

UNCHANGED = "Nothing was changed."

SHOWN_IDS = 5


def request_text(line: bytes) -> str:
    """Return a request line as JSON for people to edit."""
    return json.dumps(read_object(line), indent=2, ensure_ascii=False) + "\n"


def parse_request(text: str, custom_id: str) -> dict[str, Any]:
    """Return the params of a request that somebody has written, as a whole or its params alone, in JSON or YAML.

    Raises `InputError` where it is none, or has the custom_id of another row.
    """
    value = _parse(text)
    if "params" not in value:
        return value
    if value.get("custom_id", custom_id) != custom_id:
        raise InputError(
            f"The custom_id of {custom_id} was changed to {value['custom_id']!r}.",
            unharmed=UNCHANGED,
            todo="Leave it as it is: by it the answer finds its row.",
        )
    params = value["params"]
    if not isinstance(params, dict) or value.keys() - {"custom_id", "params"}:
        raise InputError(
            f"{custom_id}: a request has a custom_id and params, and nothing beside them.", unharmed=UNCHANGED
        )
    return params


def params_in_common(lines: Iterable[bytes]) -> dict[str, Any]:
    """Return the params that all these requests have, with the same values."""
    common: dict[str, Any] | None = None
    for line in lines:
        params = read_object(line)["params"]
        if common is None:
            common = params
        elif common != params:
            common = {name: value for name, value in common.items() if name in params and params[name] == value}
    return common or {}


def changes_between(before: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return what somebody has changed of params, by name, None for one taken away.

    `text` is what they have written, in JSON or YAML. Raises `InputError` where it is no object.
    """
    after = _parse(text)
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | dict.fromkeys(name for name in before if name not in after)


def _parse(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            return read_object(text.encode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"That is no request: {error}.", unharmed=UNCHANGED, todo="Mend the JSON.") from error
    from batchtui.domain.template.source import read_source

    return read_source(text, "request").values


def rerendered(
    renderer: Renderer, rows: Sequence[tuple[str, bytes | None]], numbers: Mapping[str, int]
) -> Iterator[Rendered]:
    """Yield what a template makes of the data rows of requests, given as custom_id and line.

    `numbers` are where the rows stood, as far as that is known. Raises `RefusedError` where a data row is not
    known, `InputError` where the template gives it another custom_id, and `RenderError`.
    """
    lacking = [custom_id for custom_id, line in rows if line is None]
    if lacking:
        raise RefusedError(
            f"The data rows of {len(lacking):,} requests are not known: {', '.join(lacking[:SHOWN_IDS])}"
            f"{' …' if len(lacking) > SHOWN_IDS else ''}",
            unharmed=UNCHANGED,
            todo="Change the params of their requests instead.",
        )
    for custom_id, line in rows:
        values = read_object(line or b"")
        for number in _row_numbers(custom_id, numbers):
            rendered = renderer.render(values, number)
            if rendered.custom_id == custom_id:
                break
        else:
            raise InputError(
                f"The template makes {rendered.custom_id} of the data row of {custom_id}.",
                unharmed=UNCHANGED,
                todo="Leave its custom_id as it was: by it the answer finds its row.",
            )
        yield rendered


def _row_numbers(custom_id: str, numbers: Mapping[str, int]) -> list[int]:
    """Return which row of the data it may have been, the likely one first.

    Where rows of the data were left out it is another, and the custom_id may tell.
    """
    named = [int(digits) for digits in re.findall(r"\d{1,9}", custom_id)]
    return list(dict.fromkeys(number for number in (numbers.get(custom_id, 1), *named) if number > 0))
