-- What is added once the rows are in: references, indexes, and names for the relations.
SET search_path TO plain;

ALTER TABLE objective ADD CONSTRAINT delegated UNIQUE (parent_id);
ALTER TABLE objective ADD CONSTRAINT delegation FOREIGN KEY (parent_id) REFERENCES key_result (id);
CREATE INDEX ON objective (cycle_id, owner_id, ord);
CREATE INDEX ON objective (cycle_id, level, ord);
CREATE INDEX ON objective (owner_id);
CREATE INDEX ON key_result (objective_id, ord);
CREATE INDEX ON check_in (key_result_id, effective_at DESC);
CREATE INDEX ON objective (ord);
CREATE INDEX ON key_result (ord);

COMMENT ON TABLE position IS E'@omit';
COMMENT ON CONSTRAINT delegation ON objective IS E'@fieldName delegatedFrom\n@foreignFieldName delegatedTo';
COMMENT ON CONSTRAINT key_result_objective_id_fkey ON key_result IS
    E'@fieldName objective\n@foreignFieldName keyResultsPage\n@foreignSimpleFieldName keyResults';
COMMENT ON CONSTRAINT check_in_key_result_id_fkey ON check_in IS
    E'@fieldName keyResult\n@foreignFieldName checkInsPage\n@foreignSimpleFieldName checkIns';
