-- Backfills: tables, or parts of them, that are read into a stream for one consumer; finished ones stay as history.

CREATE TABLE sequin.backfills (
    id              uuid PRIMARY KEY,
    consumer_id     uuid NOT NULL REFERENCES sequin.consumers ON DELETE CASCADE,
    table_schema    text NOT NULL,
    table_name      text NOT NULL,
    sort_column     text,
    start_position  text,
    filter          json NOT NULL DEFAULT '[]',        -- FilterCondition
    max_timeout_ms  integer NOT NULL,                  -- of one query on the source
    state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'cancelled', 'completed', 'failed')),
    error           text,
    cursor          json,                              -- BackfillCursor: behind the last row in the log
    rows_estimated  bigint,
    rows_read       bigint NOT NULL DEFAULT 0,         -- written into the stream …
    rows_superseded bigint NOT NULL DEFAULT 0,         -- … or left out, because a newer change was in it already
    bytes_read      bigint NOT NULL DEFAULT 0,
    chunks          bigint NOT NULL DEFAULT 0,
    chunks_repeated bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz
);

CREATE INDEX backfills_of_consumer ON sequin.backfills (consumer_id, id);

-- Two of one table at once would deliver its rows twice.
CREATE UNIQUE INDEX one_unfinished_backfill ON sequin.backfills (consumer_id, table_schema, table_name)
    WHERE state IN ('active', 'paused');
CREATE INDEX active_backfills ON sequin.backfills (id) WHERE state = 'active';
