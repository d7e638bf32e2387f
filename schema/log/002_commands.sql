-- Every accepted command, written in the transaction of its events: what makes a retry safe.

CREATE TABLE okr.commands (
    command_id     uuid        PRIMARY KEY,  -- uuid5(principal, idempotency key), else random
    principal_id   uuid        NOT NULL,
    name           text        NOT NULL,
    input_hash     bytea       NOT NULL,     -- keyed: see okr.secrets
    first_position bigint,                   -- null where the command had nothing to write
    last_position  bigint,
    recorded_at    timestamptz NOT NULL,
    result         jsonb       NOT NULL      -- what the first answer was made of: ids, never a secret
);

-- Keys of the service itself, never part of an event or an answer.
CREATE TABLE okr.secrets (
    name text  PRIMARY KEY,
    key  bytea NOT NULL
);
-- Two random UUIDs hold 244 random bits; gen_random_bytes would need an extension.
INSERT INTO okr.secrets
VALUES ('input_hash', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
