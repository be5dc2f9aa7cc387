"""Toasts, the only way anything outside text gets into one."""

from typing import Any

from textual.app import App

from batchtui.tui.present.notices import Notice
from batchtui.tui.text import clean, clean_line


def tell(app: App[Any], notice: Notice) -> None:
    """Show a toast; errors stay longer."""
    app.notify(
        clean(notice.text),
        title=clean_line(notice.title),
        severity="error" if notice.is_error else "information",
        timeout=12 if notice.is_error else 6,
        markup=False,
    )
