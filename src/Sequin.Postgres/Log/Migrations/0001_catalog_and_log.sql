-- The catalog (what users asked for), the slots' ownership and position, and the log itself.

CREATE TABLE sequin.databases (
    id                 uuid PRIMARY KEY,
    name               text NOT NULL UNIQUE,
    hostname           text NOT NULL,
    port               integer NOT NULL,
    database           text NOT NULL,
    username           text NOT NULL,
    password_encrypted bytea,                    -- ASP.NET Data Protection; never leaves the server
    ssl_mode           text NOT NULL,
    pool_size          integer NOT NULL,
    slot_name          text NOT NULL,
    publication_name   text NOT NULL,
    annotations        json NOT NULL DEFAULT '{}',   -- not jsonb: it is given back byte for byte
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

-- One row a slot: who may write its changes (owner, epoch, expires_at), how far they are durable, and how it is doing.
-- Updated with every batch, so it stays HOT: no index but the key, and room on the page.
CREATE TABLE sequin.slots (
    database_id       uuid PRIMARY KEY REFERENCES sequin.databases ON DELETE CASCADE,
    owner             text,
    epoch             bigint NOT NULL DEFAULT 0,
    expires_at        timestamptz NOT NULL DEFAULT '-infinity',
    source_epoch      integer NOT NULL DEFAULT 1,
    commit_lsn        pg_lsn NOT NULL DEFAULT '0/0',   -- position: the last change in the log …
    ordinal           bigint NOT NULL DEFAULT -1,
    end_lsn           pg_lsn NOT NULL DEFAULT '0/0',   -- … and the end of the last transaction wholly in it: confirmed to the source
    system_identifier text,
    timeline          integer,
    state             text NOT NULL DEFAULT 'reconnecting',
    state_since       timestamptz NOT NULL DEFAULT now(),
    state_detail      text
) WITH (fillfactor = 50);

CREATE TABLE sequin.gaps (
    id          uuid PRIMARY KEY,
    database_id uuid NOT NULL REFERENCES sequin.databases ON DELETE CASCADE,
    reason      text NOT NULL,
    from_lsn    pg_lsn NOT NULL,
    to_lsn      pg_lsn,
    tables      text[],
    detected_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolution  text
);

CREATE INDEX gaps_of_database ON sequin.gaps (database_id, detected_at);

CREATE TABLE sequin.streams (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    database_id uuid NOT NULL REFERENCES sequin.databases ON DELETE CASCADE,
    is_default  boolean NOT NULL,
    source      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX one_default_stream ON sequin.streams (database_id) WHERE is_default;

CREATE TABLE sequin.consumers (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    stream_id  uuid NOT NULL REFERENCES sequin.streams ON DELETE RESTRICT,
    config     json NOT NULL,                     -- ConsumerConfig: what the user asked for
    start_after bigint NOT NULL,                  -- offset the consumer was created behind
    revision   bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX consumers_of_stream ON sequin.consumers (stream_id);

-- The log. The newest segment of a stream is never deleted: its last offset is the stream's head.
CREATE TABLE sequin.segments (
    stream_id         uuid NOT NULL,
    base_offset       bigint NOT NULL,
    last_offset       bigint NOT NULL,
    count             integer NOT NULL,
    kind              smallint NOT NULL,
    audience          uuid,
    first_commit_time timestamptz NOT NULL,
    last_commit_time  timestamptz NOT NULL,
    last_commit_lsn   pg_lsn NOT NULL,
    tables            text[] NOT NULL,
    index             bytea NOT NULL,
    payload           bytea NOT NULL,
    PRIMARY KEY (stream_id, base_offset)
);

-- lz4 where the server has it; else uncompressed, because pglz costs more than everything else on the path together. The index
-- is mostly hashes: lz4 took 3 % off the WAL of full segments and added 10 % to the server's CPU.
ALTER TABLE sequin.segments ALTER COLUMN index SET STORAGE EXTERNAL;
DO $$
BEGIN
    ALTER TABLE sequin.segments ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN          -- 14 and later know the clause; a build without lz4 refuses it
    ALTER TABLE sequin.segments ALTER COLUMN payload SET STORAGE EXTERNAL;
END $$;

-- A little-endian int32 of a segment's index. The shift of the top byte wraps into the sign, as it should.
CREATE FUNCTION sequin.int32_at(bytes bytea, at integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT get_byte(bytes, at) + (get_byte(bytes, at + 1) << 8) + (get_byte(bytes, at + 2) << 16) + (get_byte(bytes, at + 3) << 24)
$$;

-- For people with psql: one row a message. It cuts the payload by the ends in the index, never at newlines: a json column's
-- text may hold newlines of its own. The layout is SegmentIndex: 16 bytes of header (version, count, runs, moves), then 8 bytes
-- a message (groups), 32 a run, 16 a move; then 4 bytes a message (ends), 2 (tables), 1 (actions).
-- Filter by stream_id or stream; `offset` does not narrow what is read.
CREATE VIEW sequin.messages AS
SELECT s.stream_id, t.name AS stream, s.base_offset + m.number AS "offset", s.tables[m.table_number + 1] AS table_name,
       (ARRAY['insert', 'update', 'delete', 'read', 'truncate', 'message'])[m.action] AS action, s.audience,
       convert_from(substring(b.payload FROM m.start_at + 1 FOR m.end_at - m.start_at), 'UTF8') AS message
FROM sequin.segments s
LEFT JOIN sequin.streams t ON t.id = s.stream_id
-- Concatenation and OFFSET 0: both are decompressed once a segment, not once a message.
CROSS JOIN LATERAL (SELECT s.index || ''::bytea AS index, s.payload || ''::bytea AS payload OFFSET 0) b
CROSS JOIN LATERAL (
    SELECT 16 + 8 * s.count + 32 * sequin.int32_at(b.index, 8) + 16 * sequin.int32_at(b.index, 12) AS ends_at OFFSET 0) c
CROSS JOIN LATERAL (
    SELECT n AS number,
           CASE WHEN n = 0 THEN 0 ELSE sequin.int32_at(b.index, c.ends_at + 4 * (n - 1)) + 1 END AS start_at,
           sequin.int32_at(b.index, c.ends_at + 4 * n) AS end_at,
           get_byte(b.index, c.ends_at + 4 * s.count + 2 * n)
               + (get_byte(b.index, c.ends_at + 4 * s.count + 2 * n + 1) << 8) AS table_number,
           get_byte(b.index, c.ends_at + 6 * s.count + n) AS action
    FROM generate_series(0, s.count - 1) AS n) m;

-- A change that could not be represented, with what PostgreSQL sent: it never stops the slot.
CREATE TABLE sequin.undecodable_changes (
    database_id  uuid NOT NULL REFERENCES sequin.databases ON DELETE CASCADE,
    source_epoch integer NOT NULL,
    commit_lsn   pg_lsn NOT NULL,
    ordinal      bigint NOT NULL,
    table_name   text NOT NULL,
    error        text NOT NULL,
    raw          bytea NOT NULL,
    seen_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (database_id, source_epoch, commit_lsn, ordinal)
);

CREATE TABLE sequin.api_keys (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    token_hash bytea NOT NULL UNIQUE,              -- SHA-256 of a 256 bit random token: nothing to guess, so no slow hash
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);

-- Random keys of the cluster (receipts), encrypted by Data Protection.
CREATE TABLE sequin.cluster_secrets (
    name             text PRIMARY KEY,
    secret_encrypted bytea NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now()
);

-- The key ring of ASP.NET Data Protection.
CREATE TABLE sequin.data_protection_keys (
    friendly_name text PRIMARY KEY,
    xml           text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
