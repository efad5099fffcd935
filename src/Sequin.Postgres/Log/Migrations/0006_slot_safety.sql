-- A user does not want it streamed now; the slot stays, and keeps its WAL.
ALTER TABLE sequin.databases ADD COLUMN paused boolean NOT NULL DEFAULT false;

-- What a gap still owes: its rows come only by a backfill. Null: nothing was lost after all, or the gap is open.
ALTER TABLE sequin.gaps ADD COLUMN backfill text;

-- At most one gap of a database is open: nothing is streamed behind it.
UPDATE sequin.gaps g SET resolved_at = now(), resolution = 'A newer gap of the database took its place.'
WHERE resolved_at IS NULL AND EXISTS (
    SELECT FROM sequin.gaps newer WHERE newer.database_id = g.database_id AND newer.resolved_at IS NULL AND newer.id > g.id);
CREATE UNIQUE INDEX one_open_gap ON sequin.gaps (database_id) WHERE resolved_at IS NULL;

-- How a source was when it was last looked at: every few seconds, by one silo of the cluster.
CREATE TABLE sequin.slot_readings (
    database_id                  uuid PRIMARY KEY REFERENCES sequin.databases ON DELETE CASCADE,
    claimed_at                   timestamptz NOT NULL DEFAULT now(),   -- when a silo last set out to look
    measured_at                  timestamptz NOT NULL,
    wal_lsn                      pg_lsn,
    wal_status                   text,                -- as pg_replication_slots has it; null: no slot
    retained_bytes               bigint,
    safe_wal_bytes               bigint,              -- null: no limit is set
    wal_bytes_per_second         double precision,    -- of the whole server, over the last minutes
    growth_bytes_per_second      double precision,    -- of retained_bytes; below zero when it falls
    oldest_transaction_seconds   double precision,    -- null: none that writes, or not to be seen by our role
    may_replicate                boolean,
    error                        text,                -- why it could not be looked at; the rest is then of before
    tables                       text[] NOT NULL DEFAULT '{}'   -- published, as schema.table, quoted where needed
);
