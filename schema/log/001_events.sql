-- The event log, in the table format of the eventsourcing library, with two columns of ours.
-- This is the one thing that can never be changed later.

CREATE TABLE okr.events (
    originator_id      uuid        NOT NULL,  -- the stream
    originator_version bigint      NOT NULL,  -- the place in the stream, from 1, without gaps
    topic              text        NOT NULL,  -- the name of the event, see schema/events.json
    state              bytea       NOT NULL,  -- the event as JSON text in UTF-8
    notification_id    bigint      NOT NULL,  -- the position in the log: only grows, without gaps
    commit_position    bigint      NOT NULL,  -- the last position of the commit that this event is part of
    recorded_at        timestamptz NOT NULL,  -- one value per commit, never before the one of an earlier commit
    PRIMARY KEY (originator_id, originator_version),
    CHECK (notification_id <= commit_position)
);

CREATE UNIQUE INDEX events_position ON okr.events (notification_id);
CREATE INDEX events_recorded_at ON okr.events (recorded_at);

CREATE FUNCTION okr.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log only grows: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON okr.events
    FOR EACH STATEMENT EXECUTE FUNCTION okr.refuse_change();
-- Also where triggers are switched off for replication.
ALTER TABLE okr.events ENABLE ALWAYS TRIGGER events_only_grow;

REVOKE UPDATE, DELETE, TRUNCATE ON okr.events FROM PUBLIC;
