-- What serves what. DELEGATES: objective_id is the delegate of the key result target_id. SUPPORTS: the objective
-- contributes to the key result target_id. ALIGNS: the objective serves the objective target_id.
-- A row stands until the link is ended; whether it is live also depends on both ends (not retired).
CREATE TABLE links (
    kind         text        NOT NULL CHECK (kind IN ('DELEGATES', 'SUPPORTS', 'ALIGNS')),
    objective_id uuid        NOT NULL,
    target_id    uuid        NOT NULL,
    root_id      uuid        NOT NULL,
    contributes  boolean     NOT NULL,  -- whether its progress feeds the target's; DELEGATES: true
    weight       numeric     NOT NULL,  -- in that feeding; DELEGATES: 1
    retain       boolean     NOT NULL,  -- DELEGATES: the accountable owner keeps checking in as well
    since        timestamptz NOT NULL,
    created_position bigint  NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (objective_id, target_id, kind, valid_from)
);
CREATE INDEX ON links (valid_from);
CREATE INDEX ON links (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX ON links (target_id, kind);
