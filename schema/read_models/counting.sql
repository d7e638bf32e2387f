-- The check-in that counts for a key result: the latest effective one, ties by log order. No row: no data.
CREATE TABLE counting (
    key_result_id uuid        NOT NULL,
    root_id       uuid        NOT NULL,
    check_in_id   uuid        NOT NULL,
    value         numeric     NOT NULL,
    confidence    numeric,
    effective_at  timestamptz NOT NULL,
    value_since   timestamptz NOT NULL,  -- since when every check-in said this value
    position      bigint      NOT NULL,  -- of the check-in
    valid_from    bigint      NOT NULL,
    valid_to      bigint,
    PRIMARY KEY (key_result_id, valid_from)
);
CREATE INDEX ON counting (valid_from);
CREATE INDEX ON counting (valid_to) WHERE valid_to IS NOT NULL;
