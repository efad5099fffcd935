-- Messages that a consumer gave up on, each with its body, because the stream does not keep it for ever; and the redrives that
-- bring many of them back.

CREATE TABLE sequin.dead_letters (
    id                 uuid PRIMARY KEY,                -- v7: in the order of their deaths
    consumer_id        uuid NOT NULL REFERENCES sequin.consumers ON DELETE CASCADE,
    generation         integer NOT NULL,
    "offset"           bigint NOT NULL,
    receipt            integer NOT NULL,
    table_name         text NOT NULL,                   -- schema.table, as in segments
    action             text NOT NULL,
    record_pks         text[] NOT NULL,
    body               bytea NOT NULL,                  -- as in segments; jsonb would refuse \u0000
    commit_time        timestamptz NOT NULL,
    reason             text NOT NULL,
    last_error         text,
    delivery_count     integer NOT NULL,
    first_delivered_at timestamptz,
    last_delivered_at  timestamptz,
    died_at            timestamptz NOT NULL,
    halts_group        boolean NOT NULL,
    UNIQUE (consumer_id, generation, "offset")
);

CREATE INDEX dead_letters_of_consumer ON sequin.dead_letters (consumer_id, id);

-- As for sequin.segments: lz4 where the server has it, else uncompressed.
DO $$
BEGIN
    ALTER TABLE sequin.dead_letters ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE sequin.dead_letters ALTER COLUMN body SET STORAGE EXTERNAL;
END $$;

CREATE TABLE sequin.redrives (
    id              uuid PRIMARY KEY,
    consumer_id     uuid NOT NULL REFERENCES sequin.consumers ON DELETE CASCADE,
    filter          json NOT NULL,                      -- DeadLetterFilter
    rate_per_second integer NOT NULL,
    state           text NOT NULL,
    total           bigint NOT NULL,
    done            bigint NOT NULL DEFAULT 0,
    cursor          uuid,                               -- the last dead letter that was dealt with
    last_id         uuid,                               -- the last one it is about: what dies again meanwhile stays dead
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz
);

CREATE INDEX redrives_of_consumer ON sequin.redrives (consumer_id, id);
CREATE UNIQUE INDEX one_running_redrive ON sequin.redrives (consumer_id) WHERE state = 'running';
