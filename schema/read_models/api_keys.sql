-- What integrations sign in with. A row is true from valid_from up to, not including, valid_to (null: still true).
CREATE TABLE api_keys (
    key_id         text        NOT NULL,
    integration_id uuid        NOT NULL,
    digest         text        NOT NULL,  -- hexadecimal SHA-256 of the key
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    created_position bigint    NOT NULL,  -- the order of creation
    valid_from     bigint      NOT NULL,
    valid_to       bigint,
    PRIMARY KEY (key_id, valid_from)
);
CREATE INDEX ON api_keys (valid_from);
CREATE INDEX ON api_keys (valid_to) WHERE valid_to IS NOT NULL;
