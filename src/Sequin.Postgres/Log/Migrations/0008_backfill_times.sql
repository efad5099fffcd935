-- How long a backfill's chunks took, from the read to their place in the stream: without the times it was paused or held back.
ALTER TABLE sequin.backfills ADD COLUMN busy_ms bigint NOT NULL DEFAULT 0;
