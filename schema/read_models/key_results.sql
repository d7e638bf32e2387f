-- Key results with the fields that they store. What they were delegated to stands in links.
CREATE TABLE key_results (
    key_result_id uuid        NOT NULL,
    root_id       uuid        NOT NULL,
    version       bigint      NOT NULL,
    objective_id  uuid        NOT NULL,
    owner_id      uuid        NOT NULL,
    title         text,                 -- null once redacted
    metric_kind   text        NOT NULL,
    metric_start  numeric,
    metric_target numeric,
    metric_limit  numeric,
    metric_inclusive boolean  NOT NULL,
    metric_unit   text,
    weight        numeric     NOT NULL,
    due_on        date,
    check_in_every_days bigint,         -- null: as often as the cycle says
    external_ref  text,
    retired       boolean     NOT NULL,
    score         numeric,
    continues_from uuid,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    retitled_at   timestamptz,          -- null: its title is the first one
    retargeted_at timestamptz,          -- null: its target is the first one
    created_position bigint   NOT NULL,
    valid_from    bigint      NOT NULL,
    valid_to      bigint,
    PRIMARY KEY (key_result_id, valid_from)
);
CREATE INDEX ON key_results (valid_from);
CREATE INDEX ON key_results (valid_to) WHERE valid_to IS NOT NULL;
