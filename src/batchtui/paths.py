"""Where everything is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The directories and files of one home.

    `home` holds all state; `config` is the settings file, beside it unless the platform keeps settings elsewhere.
    """

    home: Path
    config: Path

    @property
    def database(self) -> Path:
        """The SQLite index."""
        return self.home / "batchtui.db"

    @property
    def batches(self) -> Path:
        """One directory a batch, with its request and result lines."""
        return self.home / "batches"

    @property
    def spool(self) -> Path:
        """One directory a submission under way, with the lines it sends."""
        return self.home / "spool"

    @property
    def templates(self) -> Path:
        """One file a template of the user."""
        return self.home / "templates"

    @property
    def log(self) -> Path:
        """The log file."""
        return self.home / "batchtui.log"


def places(home: str | Path | None = None) -> Places:
    """Return the places of a home: the one given, else `BATCHTUI_HOME`, else the platform's directories."""
    chosen = home or os.environ.get("BATCHTUI_HOME")
    if chosen:
        path = Path(chosen).expanduser().absolute()
        return Places(path, path / "config.toml")
    from platformdirs import user_config_path, user_data_path

    return Places(user_data_path("batchtui"), user_config_path("batchtui") / "config.toml")
