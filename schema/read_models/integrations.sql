-- Other systems that act under their own name. A row is true from valid_from up to, not including, valid_to.
CREATE TABLE integrations (
    integration_id uuid        NOT NULL,  -- the id of its principal
    version        bigint      NOT NULL,
    name           text,
    cycle_ids      uuid[],                -- null: all
    owner_ids      uuid[],                -- null: all
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    created_position bigint    NOT NULL,  -- the order of creation
    valid_from     bigint      NOT NULL,
    valid_to       bigint,
    PRIMARY KEY (integration_id, valid_from)
);
CREATE INDEX ON integrations (valid_from);
CREATE INDEX ON integrations (valid_to) WHERE valid_to IS NOT NULL;
