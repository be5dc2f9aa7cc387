from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlite_utils

from batchtui.domain.errors import NewerStoreError, StoreError
from batchtui.store import Store, database, migrations
from tests.store.conftest import Open
from tests.store.making import CREATED_AT, foreign, places, request_line, running, send

AT = CREATED_AT.isoformat()

COLUMNS = {
    "jobs": "id name profile created_at note",
    "batches": "key id job_id profile base_url attempt part parts status processing succeeded errored canceled"
    " expired created_at expires_at ended_at cancel_initiated_at archived_at results_url requests requests_bytes"
    " results download_key models estimate_usd cost_usd cost_is template_key rows_bytes",
    "requests": "batch_key ordinal custom_id model max_tokens offset length row_offset row_length",
    "downloads": "key batch_key owner state started_at file_bytes",
    "results": "download_key seq ordinal custom_id type error_type error_message stop_reason model input_tokens"
    " cache_write_5m cache_write_1h cache_read output_tokens thinking_tokens web_searches cost_usd text_hash"
    " text_chars preview flags offset length text_blocks",
    "overviews": "download_key counts ids_differ input_order",
    "fingerprints": "download_key custom_ids hashes codes facts",
    "intents": "id job_id profile base_url attempt part parts request_count body_bytes sha256 betas estimate_usd"
    " state not_before owner created_at sent_at settled_at batch_id error template_key",
    "queue_rows": "job_id custom_id attempt choice edits params decided_at template_key",
    "forgotten": "batch_id job_id forgotten_at",
    "remarks": "batch_key custom_id flagged note made_at",
    "comparisons": "key first second joined_on",
    "opinions": "comparison_key custom_id verdict decided_at",
    "judgings": "comparison_key job_id",
    "figures": "batch_key model download_key requests max_tokens longest lengths results succeeded truncated"
    " refused unpriced cost_usd standard_cost_usd input_tokens cache_write_5m cache_write_1h cache_read"
    " output_tokens thinking_tokens web_searches",
    "leases": "name owner expires_at",
    "news": "key kind subject profile base_url period spent_usd budget_usd noticed_at",
    "channels": "name since",
    "told": "news_key channel told_at",
    "looks": "profile base_url at",
    "model_lists": "base_url as_of models",
    "templates": "key sha256 name text",
    "trials": "key template_sha256 model input_tokens output_tokens cost_usd made_at",
}

INDEXES = {
    "batches_awaiting",
    "batches_by_age",
    "batches_by_download",
    "batches_by_job",
    "batches_running",
    "batches_unindexed",
    "downloads_by_batch",
    "downloads_open",
    "intents_once",
    "intents_open",
    "news_by_time",
    "requests_by_custom_id",
    "results_failed",
    "trials_by_template",
}


def look(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_a_blank_home_gets_the_whole_schema(store: Store, home: Path) -> None:
    path = home / "batchtui.db"
    names = look(path, "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    tables = {str(name) for kind, name in names if kind == "table"} - {"_sqlite_migrations"}
    assert {
        table: " ".join(str(row[0]) for row in look(path, f"SELECT name FROM pragma_table_info('{table}')"))
        for table in tables
    } == COLUMNS
    assert {name for kind, name in names if kind == "index"} == {
        *INDEXES,
        "idx__sqlite_migrations_migration_set_name",
    }
    assert look(path, "PRAGMA page_size") == [(16_384,)]
    assert look(path, "PRAGMA journal_mode") == [("wal",)]
    assert look(path, "PRAGMA user_version") == [(database.SCHEMA_VERSION,)]
    assert store.check() == []


def test_everything_is_for_the_user_alone(store: Store, home: Path) -> None:
    store.files.new_spool()
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


async def test_what_was_written_is_there_after_reopening(open_store: Open) -> None:
    first = open_store()
    job = await first.jobs.create("rivers", "default")
    stored = await send(first, job, ["a", "b"], "msgbatch_1")
    first.close()
    second = open_store()
    assert second.jobs.get(job.id) == job
    assert second.batches.get("msgbatch_1") == stored
    assert second.requests.custom_ids(stored.key) == {"a", "b"}


def test_closing_twice_does_no_harm(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.batches.list()


async def test_a_write_after_closing_is_refused(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.jobs.create("late", "default")


def test_an_up_to_date_database_needs_no_slow_import(store: Store, home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from batchtui.paths import Places; from batchtui.store import Store;"
        f"home = Path({str(home)!r}); Store.open(Places(home, home / 'c')).close();"
        "print([name for name in ('sqlite_utils', 'genai_prices', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_version_is_the_number_of_migrations(store: Store, home: Path) -> None:
    applied = look(home / "batchtui.db", "SELECT name FROM _sqlite_migrations WHERE migration_set = 'batchtui'")
    assert len(applied) == database.SCHEMA_VERSION


def add_migration(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """Make the code of a version to come, with one more migration."""
    more = sqlite_utils.Migrations("batchtui")
    for migration in (migrations.m001_first_light, migrations.m002_compose):
        more()(migration)

    @more()
    def m999_more(db: sqlite_utils.Database) -> None:
        db.execute("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT")
        db.execute(statement)

    monkeypatch.setattr(migrations, "MIGRATIONS", more)
    monkeypatch.setattr(database, "SCHEMA_VERSION", database.SCHEMA_VERSION + 1)


async def test_an_older_database_is_copied_aside_and_migrated(
    open_store: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_store()
    await foreign(old, "msgbatch_1", 1)
    old.close()
    before = database.SCHEMA_VERSION
    add_migration(monkeypatch, "ALTER TABLE batches ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")
    new = open_store()
    assert new.batches.get("msgbatch_1").batch.counts.succeeded == 1
    assert look(home / "batchtui.db", "SELECT colour FROM batches") == [("blue",)]
    assert look(home / "batchtui.db", "PRAGMA user_version") == [(before + 1,)]
    backup = home / f"batchtui.db.v{before}.bak"
    assert look(backup, "SELECT id FROM batches") == [("msgbatch_1",)]
    assert look(backup, "PRAGMA user_version") == [(before,)]
    assert backup.stat().st_mode & 0o777 == 0o600


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    open_store: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_store()
    await foreign(old, "msgbatch_1", 1)
    old.close()
    with monkeypatch.context() as patch:
        add_migration(patch, "ALTER TABLE missing ADD COLUMN colour TEXT")
        with pytest.raises(StoreError, match=r"batchtui\.db: no such table"):
            open_store()
    assert look(home / "batchtui.db", "SELECT name FROM sqlite_master WHERE name = 'more'") == []
    assert [stored.id for stored in open_store().batches.list()] == ["msgbatch_1"]


def test_a_newer_database_is_not_touched(open_store: Open, home: Path) -> None:
    open_store().close()
    path = home / "batchtui.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 77")
    connection.close()
    before = {path.name: path.read_bytes() for path in home.glob("batchtui.db*")}
    with pytest.raises(NewerStoreError, match=r"batchtui\.db: .*version 77") as caught:
        open_store()
    assert "Upgrade" in caught.value.todo
    assert {path.name: path.read_bytes() for path in home.glob("batchtui.db")} == before


@pytest.mark.parametrize("damage", [b"This is no database at all. " * 999, b"SQLite format 3\0" + b"\xff" * 9_999])
def test_a_corrupt_database_is_named(home: Path, open_store: Open, damage: bytes) -> None:
    home.mkdir()
    path = home / "batchtui.db"
    path.write_bytes(damage)
    with pytest.raises(StoreError, match=r"batchtui\.db: ") as caught:
        open_store()
    assert "lie in files of their own" in caught.value.unharmed
    assert path.read_bytes() == damage


async def test_damage_found_later_is_named(open_store: Open, home: Path) -> None:
    store = open_store()
    await foreign(store, "msgbatch_1", 1)
    store.close()
    path = home / "batchtui.db"
    with path.open("r+b") as file:
        file.seek(16_384)
        file.write(b"\xff" * (path.stat().st_size - 16_384))
    with pytest.raises(StoreError, match=r"batchtui\.db: "):
        open_store().batches.list()


def test_a_database_that_is_a_directory_is_named(open_store: Open, home: Path) -> None:
    (home / "batchtui.db").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"batchtui\.db: is a directory"):
        open_store()


def test_a_home_that_is_a_file_is_named(open_store: Open, home: Path) -> None:
    home.write_bytes(b"")
    with pytest.raises(StoreError, match="home: file exists"):
        open_store()


AS_NOBODY = """
import os, sys
from pathlib import Path
from batchtui.domain.errors import StoreError
from batchtui.paths import Places
from batchtui.store import Store, migrations
import asyncio
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
home = Path(sys.argv[1])
try:
    Store.open(Places(home, home / "config.toml"))
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("mode_of_home", "mode_of_database", "named"),
    [(0o555, None, "batchtui.db: permission denied"), (0o777, 0o444, "batchtui.db: permission denied")],
)
def test_what_cannot_be_written_is_named(
    home: Path, mode_of_home: int, mode_of_database: int | None, named: str
) -> None:
    home.mkdir()
    if mode_of_database is not None:
        Store.open(places(home)).close()
        (home / "batchtui.db").chmod(mode_of_database)
    for parent in list(home.parents)[:4]:
        parent.chmod(parent.stat().st_mode | 0o055)
    home.chmod(mode_of_home)
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(home)], check=True, capture_output=True, text=True)
    home.chmod(0o700)
    assert named in done.stdout
    assert "--home" in done.stdout


async def test_the_version_changes_with_every_commit_anywhere(open_store: Open) -> None:
    here, there = open_store(), open_store()
    before = here.version()
    assert here.version() == before
    await here.jobs.create("mine", "default")
    after_mine = here.version()
    assert after_mine != before
    await there.jobs.create("theirs", "default")
    assert here.version() != after_mine


async def test_a_poll_without_news_changes_nothing(store: Store) -> None:
    batch = running("msgbatch_1", 3)
    await store.batches.record([batch], profile="default", base_url="http://x")
    before = store.version()
    assert await store.batches.record([batch], profile="default", base_url="http://x") == []
    assert store.version() == before


async def test_a_database_that_stays_locked_is_named(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    impatient = Store.open(places(home))
    other = sqlite3.connect(home / "batchtui.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"batchtui\.db: database is locked") as caught:
            await impatient.jobs.create("late", "default")
        assert "try again" in caught.value.todo
        other.execute("ROLLBACK")
        await impatient.jobs.create("in time", "default")
    finally:
        other.close()
        impatient.close()


async def test_a_full_disk_is_named_and_nothing_is_half_written(store: Store) -> None:
    writer = store._database._writer
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"batchtui\.db: database or disk is full") as caught:
        await store.batches.record(
            [running(f"msgbatch_{number}", 1) for number in range(2_000)], profile="default", base_url="http://x"
        )
    assert "room" in caught.value.todo
    assert store.batches.list() == []
    writer.execute("PRAGMA max_page_count = 1000000")
    await foreign(store, "msgbatch_1", 1)
    assert store.check() == []


async def test_a_home_of_the_first_version_keeps_everything(
    open_store: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sqlite_utils.Migrations("batchtui")
    first()(migrations.m001_first_light)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", first)
        patch.setattr(database, "SCHEMA_VERSION", 1)
        open_store().close()
    line = request_line("a")
    fill = sqlite3.connect(home / "batchtui.db")
    fill.executescript(f"""
        INSERT INTO jobs (id, name, profile, created_at) VALUES ('job_1', 'rivers', 'default', '{AT}');
        INSERT INTO batches (key, id, job_id, profile, base_url, status, processing, succeeded, errored, canceled,
            expired, created_at, requests, requests_bytes)
        VALUES (7, 'msgbatch_1', 'job_1', 'default', 'http://x', 'in_progress', 1, 0, 0, 0, 0, '{AT}', 'indexed',
            {len(line) + 1});
        INSERT INTO requests VALUES (7, 0, 'a', 'claude-haiku-4-5', 64, 0, {len(line)});
        INSERT INTO intents (id, job_id, profile, base_url, attempt, part, parts, request_count, body_bytes, sha256,
            state, owner, created_at)
        VALUES ('intent_1', 'job_1', 'default', 'http://x', 2, 1, 1, 1, 9, '', 'draft', 'gone', '{AT}');
    """)
    fill.close()
    for path in (home / "batches" / "msgbatch_1", home / "spool" / "intent_1"):
        path.mkdir()
        (path / "requests.jsonl").write_bytes(line + b"\n")
    store = open_store()
    stored = store.batches.get("msgbatch_1")
    assert (stored.job_name, store.requests.line(stored.key, "a")) == ("rivers", line)
    assert (store.requests.row_line(stored.key, "a"), store.templates.of_job("job_1")) == (None, None)
    assert [intent.id for intent in store.intents.open_ones()] == ["intent_1"]
    assert store.check() == []
    backup = home / "batchtui.db.v1.bak"
    assert look(backup, "SELECT custom_id FROM requests") == [("a",)]
    assert backup.stat().st_mode & 0o777 == 0o600
