-- Where readers may begin: how far a stream was deleted, and where its LSNs begin to be comparable.

-- Everything up to trimmed_through was deleted; the latest commit time and the last commit LSN of it. positions_version rises when a
-- consumer is put somewhere: who deletes looks at the consumers first, and deletes nothing when it has risen since.
ALTER TABLE sequin.streams
    ADD COLUMN trimmed_through bigint NOT NULL DEFAULT 0,
    ADD COLUMN trimmed_commit_time timestamptz,
    ADD COLUMN trimmed_commit_lsn pg_lsn,
    ADD COLUMN positions_version bigint NOT NULL DEFAULT 0;

-- LSNs of different epochs cannot be compared. Of the first epoch there is no row: it begins with the stream.
CREATE TABLE sequin.stream_epochs (
    stream_id    uuid NOT NULL REFERENCES sequin.streams ON DELETE CASCADE,
    source_epoch integer NOT NULL,
    after_offset bigint NOT NULL,
    begins_lsn   pg_lsn NOT NULL,
    began_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, source_epoch)
);
