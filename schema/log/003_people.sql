-- Names and logins of people: they stand here and never in an event, so that a person can be erased.
-- The id is the owner's (kind OWNER) or the principal's (kind ACTOR); a name that is null was erased.

CREATE TABLE okr.people (
    id      uuid PRIMARY KEY,
    kind    text NOT NULL CHECK (kind IN ('OWNER', 'ACTOR')),
    name    text,
    subject text,  -- the login
    UNIQUE (kind, subject)
);
