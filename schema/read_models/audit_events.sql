-- Every event of the log, as auditors read it, with the hash of the chain at it. valid_from is the position of its
-- commit; nothing ends an event, so valid_to is null. A text that was redacted is null in changes and data.
CREATE TABLE audit_events (
    position       bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL,
    type           text        NOT NULL,
    stream         uuid        NOT NULL,
    stream_version bigint      NOT NULL,
    subject_id     uuid        NOT NULL,  -- whoever may not see this, or its home, sees no such event
    home_id        uuid,                  -- of a key result: the objective that it belonged to then
    entity_ids     uuid[]      NOT NULL,  -- all that it is history of, the subject first
    cycle_ids      uuid[]      NOT NULL,  -- where these were when it happened
    principal_id   uuid        NOT NULL,
    command        text        NOT NULL,
    command_id     uuid        NOT NULL,
    reason         text,
    correlation_id text,
    effective_at   timestamptz,           -- of check-ins
    changes        json        NOT NULL,  -- [{"field", "before", "after"}], fields as the API spells them
    data           json        NOT NULL,  -- the fields of the event, without its envelope
    hash           bytea       NOT NULL,
    valid_from     bigint      NOT NULL,
    valid_to       bigint,
    PRIMARY KEY (position, valid_from)
);
CREATE INDEX ON audit_events (valid_from);
CREATE INDEX ON audit_events USING gin (entity_ids);
