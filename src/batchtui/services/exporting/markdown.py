"""Markdown to read and to pass on: a heading for each result, and everything from outside in fences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from batchtui.domain.human import counted, usd
from batchtui.services.exporting.output import params_of, texts_of, values_of
from batchtui.services.exporting.place import FileNames
from batchtui.services.read import to_json
from batchtui.store.bulk import Block, BulkRow

_BACKTICKS = re.compile("`+")
_SPACES = re.compile(r"\s+")


def markdown_chunks(blocks: Iterable[Block]) -> Iterator[bytes]:
    """Yield the rows of each block as sections of one document."""
    for block in blocks:
        yield "\n".join(section for _, section in sections(block)).encode()


def write_folder(folder: Path, blocks: Iterable[Block]) -> int:
    """Write a file for each row into a folder that is empty, named after its custom_id; return their bytes."""
    names, file_bytes = FileNames(".md"), 0
    for block in blocks:
        for row, section in sections(block):
            path = names.create(folder, row.custom_id or f"line-{row.seq + 1}")
            file_bytes += path.write_bytes(section.encode())
    return file_bytes


def sections(block: Block) -> Iterator[tuple[BulkRow, str]]:
    """Yield the rows of a block with what is written of them."""
    for number, (row, text) in enumerate(zip(map(BulkRow._make, block.rows), texts_of(block), strict=True)):
        request = block.requests[number] if block.requests else None
        data_row = block.data_rows[number] if block.data_rows else None
        parts = [f"## {code(row.custom_id or f'line {row.seq + 1:,}')}", _about(row)]
        if data_row is not None:
            parts += ["### Data row", fenced(_pretty(to_json(values_of(data_row))), "json")]
        if request is not None:
            parts += ["### Request", fenced(_pretty(params_of(request)), "json")]
        if row.note:
            parts += ["### Note", fenced(row.note)]
        if row.error_type or row.error_message:
            parts += ["### Error", fenced(": ".join(filter(None, (row.error_type, row.error_message))))]
        if text is not None:
            parts += ["### Answer", fenced(text)]
        yield row, "\n\n".join(parts) + "\n"


def fenced(text: str, language: str = "text") -> str:
    """Return text in a fence that nothing in it can close."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def code(text: str) -> str:
    """Return text as one line of code that nothing in it can close."""
    line = _SPACES.sub(" ", text).strip()
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if "`" in line else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def _about(row: BulkRow) -> str:
    words = [row.type, row.stop_reason, *row.flags.split(","), row.model]
    parts = [code(word) for word in words if word]
    if row.output_tokens:
        total_input = row.input_tokens + row.cache_write_5m + row.cache_write_1h + row.cache_read
        parts.append(f"{counted(total_input, 'token')} in, {row.output_tokens:,} out")
    if row.cost_usd:
        parts.append(usd(row.cost_usd))
    parts.append(code(row.batch_id) + (f" attempt {row.attempt}" if row.attempt > 1 else ""))
    return " · ".join(parts)


def _pretty(json_: bytes) -> str:
    return msgspec.json.format(json_, indent=2).decode()


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
