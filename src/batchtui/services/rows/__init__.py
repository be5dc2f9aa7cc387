"""Rows of data from files, folders, databases and stdin, as a stream."""

from batchtui.services.rows.model import Row, Rows
from batchtui.services.rows.opening import open_rows

__all__ = ["Row", "Rows", "open_rows"]
