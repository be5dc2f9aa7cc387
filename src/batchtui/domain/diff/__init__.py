"""What differs between two texts or two JSON documents; pure, and fast with long ones."""

from batchtui.domain.diff.interval import interval
from batchtui.domain.diff.json_changes import as_json, json_changes, parsed_json
from batchtui.domain.diff.lines import diff_lines, fold
from batchtui.domain.diff.model import DiffLine, Fold, JsonChange, LineKind, Segment
from batchtui.domain.diff.similar import similarity
from batchtui.domain.diff.unified import unified

__all__ = [
    "DiffLine",
    "Fold",
    "JsonChange",
    "LineKind",
    "Segment",
    "as_json",
    "diff_lines",
    "fold",
    "interval",
    "json_changes",
    "parsed_json",
    "similarity",
    "unified",
]
