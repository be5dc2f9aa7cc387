"""The schema, step by step.

Imported only when a database is not up to date, because sqlite-utils takes a tenth of a second to import.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from batchtui.store.schema import (
    COMPOSE,
    FIGURES,
    FINGERPRINTS,
    FIRST_LIGHT,
    FORGOTTEN,
    FULL_SIZE,
    OPINIONS,
    QUEUE,
    REMARKS,
    REPAIR,
    TOLD,
)

MIGRATIONS = Migrations("batchtui")


def upgrade(connection: sqlite3.Connection, migrations: Migrations, version: int) -> None:
    """Apply what has not been applied, each migration in a transaction, and write the version."""
    migrations.apply(Database(connection))
    connection.execute(f"PRAGMA user_version = {version}")


@MIGRATIONS()
def m001_first_light(db: Database) -> None:
    """Create everything."""
    for statement in FIRST_LIGHT:
        db.execute(statement)


@MIGRATIONS()
def m002_compose(db: Database) -> None:
    """Remember what requests were made from, and what trials brought."""
    for statement in COMPOSE:
        db.execute(statement)


@MIGRATIONS()
def m003_full_size(db: Database) -> None:
    """Let the results of a large batch come and open faster."""
    for statement in FULL_SIZE:
        db.execute(statement)


@MIGRATIONS()
def m004_queue(db: Database) -> None:
    """Keep what is decided about failed rows."""
    for statement in QUEUE:
        db.execute(statement)


@MIGRATIONS()
def m005_forgotten(db: Database) -> None:
    """Remember which batches are not to come back."""
    db.execute(FORGOTTEN)


@MIGRATIONS()
def m006_remarks(db: Database) -> None:
    """Keep what a person says of results."""
    db.execute(REMARKS)


@MIGRATIONS()
def m007_opinions(db: Database) -> None:
    """Keep which answers people find better, and which jobs were made to judge."""
    for statement in OPINIONS:
        db.execute(statement)


@MIGRATIONS()
def m008_told(db: Database) -> None:
    """Keep what there is to tell, whom it was told, and when each server was last asked."""
    for statement in TOLD:
        db.execute(statement)


@MIGRATIONS()
def m009_fingerprints(db: Database) -> None:
    """Let the results of two batches be joined without reading their rows."""
    for statement in FINGERPRINTS:
        db.execute(statement)


@MIGRATIONS()
def m010_figures(db: Database) -> None:
    """Keep what the results of each batch came to."""
    db.execute(FIGURES)


@MIGRATIONS()
def m011_repair(db: Database) -> None:
    """Let failed rows be found without the others; remember what requests were made anew from."""
    for statement in REPAIR:
        db.execute(statement)
