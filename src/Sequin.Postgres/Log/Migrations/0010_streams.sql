-- Streams that users make, and what is kept of them.

ALTER TABLE sequin.streams
    ADD COLUMN retention json NOT NULL DEFAULT '{}',             -- StreamRetention
    ADD COLUMN over_quota boolean NOT NULL DEFAULT false,        -- nothing more is read from the source until it is not
    ADD COLUMN size_bytes bigint,                                -- when it was last counted; null: nothing asks for it
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    ADD COLUMN routes_version bigint NOT NULL DEFAULT 0,         -- of its database, when its route last changed
    ADD COLUMN retention_claimed_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

-- Which table goes to which stream: rises with every change of it. The pump hears of it with each batch it writes, takes it over
-- between two transactions, and then says so in routes_applied.
ALTER TABLE sequin.slots
    ADD COLUMN routes_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN routes_applied bigint NOT NULL DEFAULT 0;

-- A batch that is under way when its stream is deleted brings nothing of it back.
CREATE TABLE sequin.deleted_streams (
    stream_id  uuid PRIMARY KEY,
    deleted_at timestamptz NOT NULL DEFAULT now()
);

-- What a consumer never saw, because retention deleted it first.
CREATE TABLE sequin.consumer_gaps (
    id          uuid PRIMARY KEY,
    consumer_id uuid NOT NULL REFERENCES sequin.consumers ON DELETE CASCADE,
    from_offset bigint NOT NULL,
    to_offset   bigint NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX consumer_gaps_of_consumer ON sequin.consumer_gaps (consumer_id, id);

-- A message that came back from the dead letters when its stream had deleted it: the only copy, until it is finished.
CREATE TABLE sequin.kept_messages (
    consumer_id uuid NOT NULL REFERENCES sequin.consumers ON DELETE CASCADE,
    generation  integer NOT NULL,
    "offset"    bigint NOT NULL,
    table_name  text NOT NULL,
    action      text NOT NULL,
    record_pks  text[] NOT NULL,
    commit_time timestamptz NOT NULL,
    body        bytea NOT NULL,
    PRIMARY KEY (consumer_id, generation, "offset")
);

-- A little-endian int64 of a segment's index.
CREATE FUNCTION sequin.int64_at(bytes bytea, at integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (sequin.int32_at(bytes, at)::bigint & 4294967295) + (sequin.int32_at(bytes, at + 4)::bigint << 32)
$$;

-- As before, and with the transaction of each message: a run is a stretch of messages of one (SegmentIndex).
CREATE OR REPLACE VIEW sequin.messages AS
SELECT s.stream_id, t.name AS stream, s.base_offset + m.number AS "offset", s.tables[m.table_number + 1] AS table_name,
       (ARRAY['insert', 'update', 'delete', 'read', 'truncate', 'message'])[m.action] AS action, s.audience,
       convert_from(substring(b.payload FROM m.start_at + 1 FOR m.end_at - m.start_at), 'UTF8') AS message,
       '0/0'::pg_lsn + r.lsn::numeric AS commit_lsn, to_timestamp(0) + r.micros * interval '1 microsecond' AS commit_time
FROM sequin.segments s
LEFT JOIN sequin.streams t ON t.id = s.stream_id
CROSS JOIN LATERAL (SELECT s.index || ''::bytea AS index, s.payload || ''::bytea AS payload OFFSET 0) b
CROSS JOIN LATERAL (SELECT sequin.int32_at(b.index, 8) AS runs, 16 + 8 * s.count AS runs_at,
    16 + 8 * s.count + 32 * sequin.int32_at(b.index, 8) + 16 * sequin.int32_at(b.index, 12) AS ends_at OFFSET 0) c
CROSS JOIN LATERAL (
    SELECT sequin.int64_at(b.index, c.runs_at + 32 * n) AS lsn, sequin.int64_at(b.index, c.runs_at + 32 * n + 8) AS micros,
           sequin.int32_at(b.index, c.runs_at + 32 * n + 24) AS first,
           CASE WHEN n + 1 = c.runs THEN s.count ELSE sequin.int32_at(b.index, c.runs_at + 32 * n + 56) END AS behind
    FROM generate_series(0, c.runs - 1) AS n OFFSET 0) r
CROSS JOIN LATERAL (
    SELECT n AS number,
           CASE WHEN n = 0 THEN 0 ELSE sequin.int32_at(b.index, c.ends_at + 4 * (n - 1)) + 1 END AS start_at,
           sequin.int32_at(b.index, c.ends_at + 4 * n) AS end_at,
           get_byte(b.index, c.ends_at + 4 * s.count + 2 * n)
               + (get_byte(b.index, c.ends_at + 4 * s.count + 2 * n + 1) << 8) AS table_number,
           get_byte(b.index, c.ends_at + 6 * s.count + n) AS action
    FROM generate_series(r.first, r.behind - 1) AS n) m;
