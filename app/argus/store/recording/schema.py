"""The tables behind recordings, tracks, jobs and receivers, as steps from one release to the next."""

from __future__ import annotations

# One file holds all of it, so that a recording goes with its tracks and jobs in one transaction. `counter` holds the
# numbers that are never handed out twice. `forgotten` lists deleted tracks, numbered in order of deletion: a card that
# was out meanwhile still holds them. Media is deleted because a row says so, never because a row is missing.
MIGRATIONS = (
    """
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counter (name, value) VALUES ('track', 0), ('activation', 0);

    CREATE TABLE recording (
        token TEXT PRIMARY KEY,
        source_id TEXT NOT NULL,
        name TEXT NOT NULL,
        location TEXT NOT NULL,
        description TEXT NOT NULL,
        address TEXT NOT NULL,
        content TEXT NOT NULL,
        maximum_retention_us INTEGER NOT NULL,
        created_us INTEGER NOT NULL,
        recorded INTEGER NOT NULL DEFAULT 0
    );

    CREATE TABLE track (
        track_id INTEGER PRIMARY KEY,
        recording TEXT NOT NULL REFERENCES recording (token) ON DELETE CASCADE,
        token TEXT NOT NULL,
        kind TEXT NOT NULL,
        description TEXT NOT NULL,
        UNIQUE (recording, token)
    );

    CREATE TABLE forgotten (track_id INTEGER PRIMARY KEY);

    CREATE TABLE job (
        token TEXT PRIMARY KEY,
        recording TEXT NOT NULL REFERENCES recording (token) ON DELETE CASCADE,
        mode TEXT NOT NULL,
        priority INTEGER NOT NULL,
        schedule_token TEXT,
        activation INTEGER NOT NULL
    );

    CREATE TABLE job_source (
        job TEXT NOT NULL REFERENCES job (token) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        token TEXT NOT NULL,
        type TEXT NOT NULL,
        PRIMARY KEY (job, position)
    ) WITHOUT ROWID;

    CREATE TABLE job_track (
        job TEXT NOT NULL,
        source INTEGER NOT NULL,
        position INTEGER NOT NULL,
        source_tag TEXT NOT NULL,
        destination TEXT NOT NULL,
        PRIMARY KEY (job, source, position),
        FOREIGN KEY (job, source) REFERENCES job_source (job, position) ON DELETE CASCADE
    ) WITHOUT ROWID;
    """,
    # Track ids are drawn at random: they no longer tell the order of tracks, and need no counter.
    """
    DELETE FROM counter WHERE name = 'track';
    ALTER TABLE track ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
    UPDATE track SET position = track_id;
    ALTER TABLE forgotten ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX forgotten_in_order ON forgotten (number);
    """,
    # A recording without a row may use all of a volume. One of the two numbers is 0.
    """
    CREATE TABLE quota (
        recording TEXT PRIMARY KEY REFERENCES recording (token) ON DELETE CASCADE,
        percent INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    # `auto_created` tells a receiver that came with a job, and goes with the last job that uses it.
    """
    CREATE TABLE receiver (
        token TEXT PRIMARY KEY,
        mode TEXT NOT NULL,
        media_uri TEXT NOT NULL,
        stream TEXT NOT NULL,
        protocol TEXT NOT NULL,
        auto_created INTEGER NOT NULL
    );
    """,
    # A job without a row here records without waiting for events.
    """
    CREATE TABLE job_event_filter (
        job TEXT PRIMARY KEY REFERENCES job (token) ON DELETE CASCADE,
        before_us INTEGER NOT NULL,
        after_us INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE job_event_condition (
        job TEXT NOT NULL REFERENCES job_event_filter (job) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        topic TEXT NOT NULL,
        source TEXT NOT NULL,
        PRIMARY KEY (job, position)
    ) WITHOUT ROWID;
    """,
)
