"""Files of data on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchtui.services.rows import open_rows

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(content: str | bytes, name: str = "rows.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return to_file


def values(source: str, **options: Any) -> list[dict[str, Any]]:
    with open_rows(source, **options) as rows:
        return [row.values for row in rows]
