"""The tables behind recordings, tracks and jobs, as steps from one release to the next."""

from __future__ import annotations

# One file holds both, so that a recording goes with its tracks and jobs in one transaction. `counter` holds the
# numbers that are never handed out twice. `forgotten` lists tracks whose deletion the ring has yet to confirm: media
# is deleted because a row says so, never because a row is missing.
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
)
