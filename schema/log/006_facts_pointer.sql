-- Which numbered schema holds the facts that are read. A rebuild fills the next one and moves the pointer.

CREATE TABLE okr.facts_pointer (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number      int     NOT NULL,  -- the schema is okr_facts_<number>
    fingerprint text    NOT NULL   -- SHA-256 of the table definitions that it was made with
);
