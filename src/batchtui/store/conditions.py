"""What results are narrowed to, as SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass

from batchtui.domain.filter import ResultField, ResultFilter, ResultTerm
from batchtui.domain.result import CHECK, FLAGGED, REFUSED, SUCCEEDED, TRUNCATED
from batchtui.domain.selection import FAILED, SEQ_BITS, ResultKeys
from batchtui.store.columns import bindable

FLAGS = (TRUNCATED, REFUSED, FLAGGED)

ERROR_TYPE = f"coalesce(r.error_type, CASE r.type WHEN '{SUCCEEDED}' THEN NULL ELSE r.type END)"
"""What a failure is called: the type of its error, or its outcome."""

NOTE = "(SELECT m.note FROM remarks m WHERE m.batch_key = b.key AND m.custom_id = r.custom_id)"
"""What a person wrote about a result."""

TOTAL_INPUT = "(r.input_tokens + r.cache_write_5m + r.cache_write_1h + r.cache_read)"

_COLUMNS: dict[ResultField, tuple[str, ...]] = {
    "": ("r.custom_id", "r.preview", "r.error_message"),
    "status": ("r.type",),
    "error": (ERROR_TYPE, "r.error_message"),
    "stop": ("r.stop_reason",),
    "model": ("r.model",),
    "flag": ("r.flags",),
    "id": ("r.custom_id",),
    "note": (NOTE,),
    "tokens": ("r.output_tokens",),
    "input": (TOTAL_INPUT,),
    "cost": ("r.cost_usd",),
    "chars": ("r.text_chars",),
    "attempt": ("b.attempt",),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions on `r`, a result, and `b`, its batch: SQL that begins with AND or is empty, and its values."""

    sql: str = ""
    values: tuple[str | float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sql)

    def but_not(self, superseded: ResultKeys) -> Conditions:
        """Return these conditions, and that a result is none of those."""
        if not superseded:
            return self
        sql = f" AND (b.key << {SEQ_BITS} | r.seq) NOT IN (SELECT value FROM json_each(?))"
        return Conditions(self.sql + sql, (*self.values, json.dumps(superseded.packed.tolist())))


def conditions(only: str | None, where: ResultFilter) -> Conditions:
    """Return what `Selection.only` and `Selection.where` ask for."""
    pieces, values = [], list[str | float]()
    if only == FAILED:
        pieces.append(f"r.type <> '{SUCCEEDED}'")
    elif only in FLAGS or (only or "").startswith(CHECK):
        pieces.append("instr(',' || r.flags || ',', ?)")
        values.append(f",{only},")
    elif only is not None:
        pieces.append("r.type = ?")
        values.append(bindable(only))
    for term in where.terms:
        sql, wanted = _of_term(term)
        pieces.append(f"NOT coalesce({sql}, 0)" if term.negated else sql)
        values += wanted
    return Conditions("".join(f" AND {piece}" for piece in pieces), tuple(values))


def _of_term(term: ResultTerm) -> tuple[str, list[str | float]]:
    columns = _COLUMNS[term.field]
    if term.comparison != "has":
        return f"({columns[0]} {term.comparison} ?)", [term.number]
    if term.field == "status" and term.text.casefold() == FAILED:
        return f"(r.type <> '{SUCCEEDED}')", []
    text = bindable(term.text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    either = " OR ".join(f"coalesce({column} LIKE ? ESCAPE '\\', 0)" for column in columns)
    return f"({either})", [f"%{text}%"] * len(columns)
