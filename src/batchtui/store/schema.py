"""The statements of the schema, each with its reasons; `migrations` says in which order they come."""

from __future__ import annotations

FIRST_LIGHT = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        profile TEXT NOT NULL,
        created_at TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    # `requests` says what is known of the request lines: unknown, in the file but not indexed, indexed.
    # `download_key` names the download whose rows are shown.
    """
    CREATE TABLE batches (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        job_id TEXT NOT NULL REFERENCES jobs (id),
        profile TEXT NOT NULL,
        base_url TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 1,
        part INTEGER NOT NULL DEFAULT 1,
        parts INTEGER NOT NULL DEFAULT 1,
        status TEXT NOT NULL,
        processing INTEGER NOT NULL,
        succeeded INTEGER NOT NULL,
        errored INTEGER NOT NULL,
        canceled INTEGER NOT NULL,
        expired INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT,
        ended_at TEXT,
        cancel_initiated_at TEXT,
        archived_at TEXT,
        results_url TEXT,
        requests TEXT NOT NULL DEFAULT 'unknown' CHECK (requests IN ('unknown', 'unindexed', 'indexed')),
        requests_bytes INTEGER,
        results TEXT NOT NULL DEFAULT 'none' CHECK (results IN ('none', 'partial', 'complete', 'gone')),
        download_key INTEGER REFERENCES downloads (key) ON DELETE SET NULL,
        models TEXT NOT NULL DEFAULT '[]',
        estimate_usd REAL,
        cost_usd REAL,
        cost_is TEXT NOT NULL DEFAULT 'unknown' CHECK (cost_is IN ('actual', 'estimate', 'unknown'))
    ) STRICT
    """,
    "CREATE INDEX batches_by_age ON batches (created_at)",
    "CREATE INDEX batches_by_job ON batches (job_id)",
    "CREATE INDEX batches_by_download ON batches (download_key)",
    "CREATE INDEX batches_running ON batches (profile, base_url) WHERE status <> 'ended'",
    "CREATE INDEX batches_awaiting ON batches (profile, base_url) WHERE results IN ('none', 'partial')",
    "CREATE INDEX batches_unindexed ON batches (key) WHERE requests = 'unindexed'",
    """
    CREATE TABLE requests (
        batch_key INTEGER NOT NULL REFERENCES batches (key) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        custom_id TEXT NOT NULL,
        model TEXT NOT NULL,
        max_tokens INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        length INTEGER NOT NULL,
        PRIMARY KEY (batch_key, ordinal)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX requests_by_custom_id ON requests (batch_key, custom_id)",
    # A results file and its rows. Rows are shown while they arrive; a download that does not finish can be
    # dropped, and one that does takes the place of another, without their rows ever mixing. `finished` ones
    # are complete but for the renaming of their file.
    """
    CREATE TABLE downloads (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        batch_key INTEGER NOT NULL REFERENCES batches (key) ON DELETE CASCADE,
        owner TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished', 'kept')),
        started_at TEXT NOT NULL,
        file_bytes INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX downloads_by_batch ON downloads (batch_key)",
    "CREATE INDEX downloads_open ON downloads (key) WHERE state <> 'kept'",
    """
    CREATE TABLE results (
        download_key INTEGER NOT NULL REFERENCES downloads (key) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        custom_id TEXT NOT NULL,
        type TEXT NOT NULL,
        error_type TEXT,
        error_message TEXT,
        stop_reason TEXT,
        model TEXT,
        input_tokens INTEGER NOT NULL,
        cache_write_5m INTEGER NOT NULL,
        cache_write_1h INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        thinking_tokens INTEGER NOT NULL,
        web_searches INTEGER NOT NULL,
        cost_usd REAL,
        text_hash BLOB NOT NULL,
        text_chars INTEGER NOT NULL,
        preview TEXT NOT NULL,
        flags TEXT NOT NULL,
        offset INTEGER NOT NULL,
        length INTEGER NOT NULL,
        PRIMARY KEY (download_key, seq)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX results_by_ordinal ON results (download_key, ordinal, seq, custom_id, type, flags)",
    "CREATE INDEX results_by_custom_id ON results (download_key, custom_id, type)",
    """
    CREATE TABLE intents (
        id TEXT PRIMARY KEY,
        job_id TEXT NOT NULL REFERENCES jobs (id),
        profile TEXT NOT NULL,
        base_url TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        part INTEGER NOT NULL,
        parts INTEGER NOT NULL,
        request_count INTEGER NOT NULL,
        body_bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        betas TEXT NOT NULL DEFAULT '[]',
        estimate_usd REAL,
        state TEXT NOT NULL CHECK (state IN ('draft', 'waiting', 'sending', 'unclear', 'closed', 'discarded')),
        not_before TEXT,
        owner TEXT NOT NULL,
        created_at TEXT NOT NULL,
        sent_at TEXT,
        settled_at TEXT,
        batch_id TEXT,
        error TEXT
    ) STRICT
    """,
    # Two processes that retry the same rows at once would send them twice: only one gets to be the attempt.
    "CREATE UNIQUE INDEX intents_once ON intents (job_id, attempt, part) WHERE state <> 'discarded'",
    "CREATE INDEX intents_open ON intents (state) WHERE state IN ('draft', 'waiting', 'sending', 'unclear')",
    "CREATE TABLE model_lists (base_url TEXT PRIMARY KEY, as_of TEXT NOT NULL, models TEXT NOT NULL) STRICT",
    "CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at REAL NOT NULL) STRICT",
)

COMPOSE = (
    # The same text under two names is two templates: a job says under which name it was made.
    """
    CREATE TABLE templates (
        key INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (sha256, name)
    ) STRICT
    """,
    "ALTER TABLE intents ADD COLUMN template_key INTEGER REFERENCES templates (key)",
    "ALTER TABLE batches ADD COLUMN template_key INTEGER REFERENCES templates (key)",
    "ALTER TABLE batches ADD COLUMN rows_bytes INTEGER",
    # Where the data row of a request is in rows.jsonl; NULL where it was made from none.
    "ALTER TABLE requests ADD COLUMN row_offset INTEGER",
    "ALTER TABLE requests ADD COLUMN row_length INTEGER",
    """
    CREATE TABLE trials (
        key INTEGER PRIMARY KEY,
        template_sha256 TEXT NOT NULL,
        model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cost_usd REAL,
        made_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX trials_by_template ON trials (template_sha256, model)",
)

FULL_SIZE = (
    # Results come in any order, so that each of these took as long to write as the rows themselves.
    "DROP INDEX results_by_ordinal",
    "DROP INDEX results_by_custom_id",
    # Another hash is taken now, so that the old ones can be compared with none.
    "UPDATE results SET text_hash = x'' WHERE text_hash <> x''",
    # How many text blocks the output has; a search must put together what is in more than one. NULL: not known.
    "ALTER TABLE results ADD COLUMN text_blocks INTEGER",
    # A finished download as a whole, so that it can be opened without reading its rows: `counts` are results by
    # type, flags, stop reason and model as JSON, `input_order` the numbers of its lines, 4 bytes each.
    """
    CREATE TABLE overviews (
        download_key INTEGER PRIMARY KEY REFERENCES downloads (key) ON DELETE CASCADE,
        counts TEXT NOT NULL,
        ids_differ INTEGER NOT NULL,
        input_order BLOB NOT NULL
    ) STRICT
    """,
)

QUEUE = (
    # Which rows wait is known from their results. A decision is about the failure in one attempt: after a later
    # one it says nothing any more.
    """
    CREATE TABLE queue_rows (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        custom_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        choice TEXT NOT NULL CHECK (choice IN ('waiting', 'held', 'dropped', 'chosen')),
        edits TEXT NOT NULL,
        params TEXT,
        decided_at TEXT NOT NULL,
        PRIMARY KEY (job_id, custom_id)
    ) STRICT, WITHOUT ROWID
    """,
)

# The API goes on listing a batch that was only removed here.
FORGOTTEN = """
    CREATE TABLE forgotten (
        batch_id TEXT PRIMARY KEY,
        job_id TEXT,
        forgotten_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
"""

# Not about rows of the index, which come and go: a flag is written into them from here.
REMARKS = """
    CREATE TABLE remarks (
        batch_key INTEGER NOT NULL REFERENCES batches (key) ON DELETE CASCADE,
        custom_id TEXT NOT NULL,
        flagged INTEGER NOT NULL DEFAULT 0,
        note TEXT NOT NULL DEFAULT '',
        made_at TEXT NOT NULL,
        PRIMARY KEY (batch_key, custom_id)
    ) STRICT, WITHOUT ROWID
"""

OPINIONS = (
    # Two sides, each as what stays the same of it. `joined_on` is a column of the data rows; it is empty for the
    # custom_id, and then the sides are in the order of their texts, whichever is the left one.
    """
    CREATE TABLE comparisons (
        key INTEGER PRIMARY KEY,
        first TEXT NOT NULL,
        second TEXT NOT NULL,
        joined_on TEXT NOT NULL,
        UNIQUE (first, second, joined_on)
    ) STRICT
    """,
    """
    CREATE TABLE opinions (
        comparison_key INTEGER NOT NULL REFERENCES comparisons (key) ON DELETE CASCADE,
        custom_id TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('first', 'second', 'tie')),
        decided_at TEXT NOT NULL,
        PRIMARY KEY (comparison_key, custom_id)
    ) STRICT, WITHOUT ROWID
    """,
    # What the judges say is read from the answers of these jobs.
    """
    CREATE TABLE judgings (
        comparison_key INTEGER NOT NULL REFERENCES comparisons (key) ON DELETE CASCADE,
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        PRIMARY KEY (comparison_key, job_id)
    ) STRICT, WITHOUT ROWID
    """,
)

TOLD = (
    # `subject` is a batch id, or the profile and the period of a budget.
    """
    CREATE TABLE news (
        key INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        profile TEXT NOT NULL,
        base_url TEXT NOT NULL,
        period TEXT,
        spent_usd REAL,
        budget_usd REAL,
        noticed_at TEXT NOT NULL,
        UNIQUE (kind, subject)
    ) STRICT
    """,
    "CREATE INDEX news_by_time ON news (noticed_at)",
    # In the transaction that writes the end down, whoever does: what is told can neither be lost nor doubled. A
    # batch that had ended when it was first seen is inserted as such, and is no news.
    """
    CREATE TRIGGER batch_ended AFTER UPDATE OF status ON batches
    WHEN old.status <> 'ended' AND new.status = 'ended'
    BEGIN
        INSERT OR IGNORE INTO news (kind, subject, profile, base_url, noticed_at)
        VALUES ('ended', new.id, new.profile, new.base_url, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'));
    END
    """,
    # `name` is who is told: the screens, the desktop, a hook. What was noticed before it was there is not for it.
    "CREATE TABLE channels (name TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE told (
        news_key INTEGER NOT NULL REFERENCES news (key) ON DELETE CASCADE,
        channel TEXT NOT NULL,
        told_at TEXT NOT NULL,
        PRIMARY KEY (news_key, channel)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE looks (
        profile TEXT NOT NULL,
        base_url TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (profile, base_url)
    ) STRICT, WITHOUT ROWID
    """,
)

FINGERPRINTS = (
    # Tool use is part of the hash now: of answers that may have any it is to be taken again.
    "UPDATE results SET text_hash = x'' WHERE text_hash <> x'' AND stop_reason IS NOT 'end_turn'"
    " AND stop_reason IS NOT 'stop_sequence'",
    # A finished download line by line: custom_ids with a byte 255 after each, hashes of the output, 8 bytes each,
    # and 4 bytes each that say which of the outcomes in `facts` it is. `facts` also has what they add up to.
    """
    CREATE TABLE fingerprints (
        download_key INTEGER PRIMARY KEY REFERENCES downloads (key) ON DELETE CASCADE,
        custom_ids BLOB NOT NULL,
        hashes BLOB NOT NULL,
        codes BLOB NOT NULL,
        facts TEXT NOT NULL
    ) STRICT
    """,
)

# What the results of a batch came to, by the model asked for, so that nobody needs to read their rows; it stays
# where these are dropped. `download_key` and `requests` say of what it was made: it is made anew when they differ.
FIGURES = """
    CREATE TABLE figures (
        batch_key INTEGER NOT NULL REFERENCES batches (key) ON DELETE CASCADE,
        model TEXT NOT NULL,
        download_key INTEGER NOT NULL,
        requests TEXT NOT NULL,
        max_tokens INTEGER,
        longest INTEGER NOT NULL,
        lengths BLOB NOT NULL,
        results INTEGER NOT NULL,
        succeeded INTEGER NOT NULL,
        truncated INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        cost_usd REAL NOT NULL,
        standard_cost_usd REAL NOT NULL,
        input_tokens INTEGER NOT NULL,
        cache_write_5m INTEGER NOT NULL,
        cache_write_1h INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        thinking_tokens INTEGER NOT NULL,
        web_searches INTEGER NOT NULL,
        PRIMARY KEY (batch_key, model)
    ) STRICT, WITHOUT ROWID
"""

REPAIR = (
    # Few results have failed, as a rule, and these are asked for in the order of their requests.
    """
    CREATE INDEX results_failed ON results (download_key, ordinal, seq, type, error_type, error_message)
    WHERE type <> 'succeeded'
    """,
    # What a request was made anew from, where it was.
    "ALTER TABLE queue_rows ADD COLUMN template_key INTEGER REFERENCES templates (key)",
)
