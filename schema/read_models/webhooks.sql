-- Addresses that are told what happens. A row is true from valid_from up to, not including, valid_to (null: still true).
CREATE TABLE webhooks (
    webhook_id     uuid        NOT NULL,
    version        bigint      NOT NULL,
    url            text,                  -- null: it was redacted
    event_types    text[],                -- null: all
    cycle_id       uuid,                  -- with those inside it; null: everywhere
    made_by        uuid        NOT NULL,  -- the principal whose eyes it has
    roles          text[]      NOT NULL,  -- which that principal had when it made it
    secret_number  bigint      NOT NULL,
    former_until   timestamptz,           -- until when the secret before that one signs along
    deleted_at     timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    created_position bigint    NOT NULL,  -- the order of creation
    valid_from     bigint      NOT NULL,
    valid_to       bigint,
    PRIMARY KEY (webhook_id, valid_from)
);
CREATE INDEX ON webhooks (valid_from);
CREATE INDEX ON webhooks (valid_to) WHERE valid_to IS NOT NULL;
