-- Every check-in ever recorded. position is its place in the log: ties in effective_at go by it.
CREATE TABLE check_ins (
    check_in_id   uuid        NOT NULL,
    key_result_id uuid        NOT NULL,
    root_id       uuid        NOT NULL,
    value         numeric     NOT NULL,
    confidence    numeric,
    note          text,
    source        text        NOT NULL,
    principal_id  uuid        NOT NULL,
    effective_at  timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    position      bigint      NOT NULL,
    corrects      uuid,
    corrected_by  uuid,
    withdrawn     boolean     NOT NULL,
    valid_from    bigint      NOT NULL,
    valid_to      bigint,
    PRIMARY KEY (check_in_id, valid_from)
);
CREATE INDEX ON check_ins (key_result_id, effective_at DESC, position DESC);
CREATE INDEX ON check_ins (valid_from);
CREATE INDEX ON check_ins (valid_to) WHERE valid_to IS NOT NULL;
