-- Who can own an OKR. A row is true from valid_from up to, not including, valid_to (null: still true).
CREATE TABLE owners (
    owner_id     uuid        NOT NULL,
    version      bigint      NOT NULL,
    name         text,                  -- null for people: see okr.people
    level        text        NOT NULL,
    parent_id    uuid,
    lead_id      uuid,
    external_ref text,
    active       boolean     NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    created_position bigint  NOT NULL,  -- the order of creation
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (owner_id, valid_from)
);
CREATE INDEX ON owners (valid_from);
CREATE INDEX ON owners (valid_to) WHERE valid_to IS NOT NULL;
