"""Values of databases and of Parquet as JSON has them."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

PLAIN = (str, int, type(None))
"""What JSON takes as it is; bool is an int."""


def json_value(value: object) -> object:
    """Return a value as JSON has it.

    Bytes are base64, dates and times ISO 8601, decimals their digits as text, NaN null, infinity and whatever else
    there is text; lists and objects are converted at any depth.
    """
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return str(value)
