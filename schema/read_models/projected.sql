-- How far the projector is: the last position whose facts stand here. One row, advanced by compare-and-set.
CREATE TABLE projected (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL,
    recorded_at timestamptz           -- when the log recorded that position; null at 0
);
INSERT INTO projected (position) VALUES (0);
