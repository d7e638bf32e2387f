-- Objectives with the fields that they store. What they serve stands in links.
CREATE TABLE objectives (
    objective_id uuid        NOT NULL,
    root_id      uuid        NOT NULL,
    version      bigint      NOT NULL,
    cycle_id     uuid        NOT NULL,
    owner_id     uuid        NOT NULL,
    title        text,                  -- null once redacted
    description  text,
    external_ref text,
    visibility   text        NOT NULL,
    state        text        NOT NULL,
    state_before_retirement text,       -- null unless retired
    commitment   text        NOT NULL,
    continues_from uuid,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    retitled_at  timestamptz,           -- null: its title is the first one
    created_position bigint  NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (objective_id, valid_from)
);
CREATE INDEX ON objectives (valid_from);
CREATE INDEX ON objectives (valid_to) WHERE valid_to IS NOT NULL;
