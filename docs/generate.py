"""Write the pages that say what the code says: docs/keys.md and docs/config.md.

python docs/generate.py
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual.keys import format_key

from batchtui import config
from batchtui.domain import watching
from batchtui.tui import keymap

if TYPE_CHECKING:
    from textual.binding import Binding

HERE = Path(__file__).parent

KEYS = """# Keys

`?` shows those of the place you are in, and says why one cannot be used right now. Each has a name, by which
another key can be given to it in config.toml:

```toml
[keys]
retry = "ctrl+r"
move-down = "down,n"
```

Where a key would do two things in one room, the screens do not open and say which. This page is written by
`python docs/generate.py`.
"""

CONFIG = """# config.toml

`batchtui paths` says where it is, `batchtui config` which settings hold and where each comes from. A flag goes
before the environment (`BATCHTUI_HOME`, `BATCHTUI_PROFILE`, `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`), that before
the file. A setting that does not exist is refused with its line. Keys are never in this file.

This page is written by `python docs/generate.py`.
"""

TABLES: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("", config.FileConfig),
    ("[profiles.NAME]", config.ProfileConfig),
    ("[retry]", config.RetryConfig),
    ("[notify]", watching.Notify),
    ("[[hooks]]", watching.Hook),
)


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {"keys.md": keys_page(), "config.md": config_page()}


def keys_page() -> str:
    """Return the page of keys."""
    parts = [KEYS, "## Everywhere\n", *_key_table(keymap.everywhere())]
    for room, of_room in keymap.ROOMS.items():
        parts += [f"## {room.capitalize()}\n", *_key_table(keymap.declared(of_room))]
    return "\n".join(parts)


def _key_table(bindings: Iterable[Binding]) -> Iterator[str]:
    yield "| key | name | does |\n| --- | --- | --- |"
    for binding in bindings:
        keys = " ".join(f"`{_shown(key)}`" for key in binding.key.split(","))
        yield f"| {keys} | {binding.id} | {binding.tooltip} |"
    yield ""


def _shown(key: str) -> str:
    shown = format_key(key) if len(key) > 1 else key
    return shown.replace("|", "\\|").replace("`", "grave")


def config_page() -> str:
    """Return the page of settings."""
    parts = [CONFIG]
    for name, struct in TABLES:
        described = _described(struct)
        parts += [
            f"## {f'`{name}`' if name else 'At the top'}\n",
            "| setting | default | what it is |\n| --- | --- | --- |",
        ]
        for field in msgspec.structs.fields(struct):
            if inspect.isclass(field.type) and issubclass(field.type, msgspec.Struct):
                continue
            default = _default(field)
            parts.append(f"| `{field.encode_name}` | {default} | {described.get(field.name, '')} |")
        parts.append("")
    return "\n".join(parts)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT or field.default in ((), {}, None, ""):
        return ""
    if field.default is msgspec.NODEFAULT:
        return "must be given"
    value = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else msgspec.json.encode(value).decode()}`"


def _described(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the sentences below the fields of a struct."""
    body = ast.parse(inspect.getsource(struct)).body[0]
    described = {}
    for statement, after in pairwise(body.body if isinstance(body, ast.ClassDef) else []):
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                described[name] = " ".join(words.split()).replace("|", "\\|")
    return described


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
