-- The catalog (what users asked for), the slots' ownership and position, and the log itself.

CREATE SCHEMA IF NOT EXISTS sequin;

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
    annotations        jsonb NOT NULL DEFAULT '{}',
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
    end_lsn           pg_lsn NOT NULL DEFAULT '0/0',   -- … and the end of the last transaction wholly in it: what is confirmed to the source
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
    config     jsonb NOT NULL,                    -- ConsumerConfig: what the user asked for
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

-- lz4 where the server has it; else uncompressed, because pglz costs more than everything else on the path together.
ALTER TABLE sequin.segments ALTER COLUMN index SET STORAGE EXTERNAL;
DO $$
BEGIN
    ALTER TABLE sequin.segments ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN OTHERS THEN                         -- 14 and later know the clause; a build without lz4 refuses it
    ALTER TABLE sequin.segments ALTER COLUMN payload SET STORAGE EXTERNAL;
END $$;

-- For people with psql: one row a message.
CREATE VIEW sequin.messages AS
SELECT s.stream_id, s.base_offset + m.number - 1 AS "offset", s.last_commit_lsn, s.audience, convert_from(m.line, 'UTF8') AS message
FROM sequin.segments s
CROSS JOIN LATERAL (
    SELECT row_number() OVER () AS number, decode(line, 'escape') AS line
    FROM regexp_split_to_table(rtrim(encode(s.payload, 'escape'), E'\n'), E'\n') AS line
) m;

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
