"""Results for people on a terminal, and their sums and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from batchtui.cli.output import out, out_table, say
from batchtui.domain.facets import Facets
from batchtui.domain.numbers import Numbers
from batchtui.domain.selection import ResultKey, StoredResult
from batchtui.services.read import Reader
from batchtui.tui.present import groups, numbers
from batchtui.tui.text import clean, clean_line


def text_chunks(reader: Reader, keys: Sequence[ResultKey], *, join: bool) -> Iterator[bytes]:
    """Yield results as people read them, a line about each and its text; nothing in it moves the cursor."""
    for row in reader.rows(keys):
        parts = [_header(row)]
        if join:
            line = reader.request_line(row)
            parts.append("> " + clean_line(line.decode("utf-8", "replace")) if line else "> request not known")
            values = reader.data_row(row)
            if values is not None:
                parts.append("# " + clean_line(msgspec.json.encode(values).decode()))
        text = clean(reader.text(row)).strip()
        if text:
            parts.append(text)
        yield "\n".join([*parts, "", ""]).encode()


def _header(row: StoredResult) -> str:
    facts = row.facts
    words = [facts.custom_id or f"line {row.seq + 1}", facts.type, *facts.flags]
    if facts.error_type and facts.error_type != facts.type:
        words.append(facts.error_type)
    if facts.error_message:
        words.append(facts.error_message)
    if row.note:
        words.append(f"note: {row.note}")
    return "  ".join(clean_line(word) for word in words)


def print_numbers(found: Numbers, name: str) -> None:
    """Print tokens, cost and lengths."""
    for line in numbers.lines(found, name):
        out("".join(clean_line(cell.text) for cell in line).rstrip())


def numbers_object(found: Numbers) -> dict[str, Any]:
    """Return what `results --stats --json` prints."""
    tokens = found.tokens
    return {
        "rows": found.rows,
        "succeeded": found.succeeded,
        "truncated": found.truncated,
        "refused": found.refused,
        "tokens": {
            "input": tokens.input,
            "cache_write_5m": tokens.cache_write_5m,
            "cache_write_1h": tokens.cache_write_1h,
            "cache_read": tokens.cache_read,
            "output": tokens.output,
            "thinking": tokens.thinking,
        },
        "web_searches": tokens.web_searches,
        "cache_hit_rate": found.cache_hit_rate,
        "cost_usd": found.cost_usd,
        "standard_cost_usd": found.standard_cost_usd,
        "savings_usd": found.savings_usd,
        "unpriced": found.unpriced,
        "output_tokens": None if found.output_tokens is None else asdict(found.output_tokens),
        "max_tokens": found.max_tokens,
        "suggested_max_tokens": found.suggested_max_tokens,
    }


def print_groups(facets: Facets, total: int) -> None:
    """Print equal errors, stop reasons, models and flags, with the filter that narrows to each."""
    rows = list(groups.rows(facets, total))
    if not rows:
        say("There is nothing to group.")
        return
    out_table(
        ("GROUP", "ROWS", "WHAT", "FILTER"),
        ((kind.text, number.text, what.text, filter_) for filter_, (kind, what, number, _) in rows),
        right=(1,),
    )


def groups_object(facets: Facets) -> dict[str, Any]:
    """Return what `results --groups --json` prints."""
    return {
        "errors": [
            {
                "error_type": group.error_type,
                "message": group.message,
                "count": group.count,
                "filter": group.filter_text,
            }
            for group in facets.errors
        ],
        "stop_reasons": facets.stop_reasons,
        "models": facets.models,
        "flags": facets.flags,
    }
