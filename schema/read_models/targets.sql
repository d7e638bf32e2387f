-- Every target that a key result ever had. One is the target until the next begins; that it was stays true.
CREATE TABLE targets (
    key_result_id uuid        NOT NULL,
    position      bigint      NOT NULL,  -- of the event that set it
    metric_kind   text        NOT NULL,
    metric_start  numeric,
    metric_target numeric,
    metric_limit  numeric,
    metric_inclusive boolean  NOT NULL,
    metric_unit   text,
    since         timestamptz NOT NULL,
    reason        text,
    principal_id  uuid        NOT NULL,
    valid_from    bigint      NOT NULL,
    valid_to      bigint,
    PRIMARY KEY (key_result_id, position, valid_from)
);
