-- Periods. root_id is the cycle without a parent that contains this one, or itself: the unit that snapshots load.
CREATE TABLE cycles (
    cycle_id     uuid        NOT NULL,
    root_id      uuid        NOT NULL,
    version      bigint      NOT NULL,
    name         text,                  -- null once redacted
    starts_on    date        NOT NULL,
    ends_on      date        NOT NULL,
    state        text        NOT NULL,
    approach     text        NOT NULL,
    time_zone    text        NOT NULL,
    check_in_every_days bigint NOT NULL,
    rules        bigint      NOT NULL,
    parent_id    uuid,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    created_position bigint  NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (cycle_id, valid_from)
);
CREATE INDEX ON cycles (valid_from);
CREATE INDEX ON cycles (valid_to) WHERE valid_to IS NOT NULL;
