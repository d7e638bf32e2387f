-- Names that other systems gave, and who holds each now.
CREATE TABLE external_refs (
    reference_id uuid   NOT NULL,
    kind         text   NOT NULL,  -- the holder's stream type
    ref          text   NOT NULL,
    holder_id    uuid,             -- null: it was let go
    valid_from   bigint NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (reference_id, valid_from)
);
