-- The same organisation as the tables that one would write by hand: current rows, progress and health stored, an index
-- on every foreign key and filter.
CREATE SCHEMA plain;
SET search_path TO plain;

CREATE TYPE health AS ENUM ('NO_DATA', 'ON_TRACK', 'AT_RISK', 'OFF_TRACK', 'STALE');
CREATE TYPE objective_state AS ENUM ('DRAFT', 'ACTIVE', 'RETIRED');
CREATE TYPE commitment AS ENUM ('COMMITTED', 'ASPIRATIONAL');
CREATE TYPE visibility AS ENUM ('ORGANISATION', 'LINE');
CREATE TYPE owner_level AS ENUM ('COMPANY', 'DEPARTMENT', 'TEAM', 'INDIVIDUAL');

CREATE TABLE objective (
    id          uuid            PRIMARY KEY,
    parent_id   uuid,           -- the key result that it restates
    cycle_id    uuid            NOT NULL,
    owner_id    uuid            NOT NULL,
    level       owner_level     NOT NULL,
    title       text            NOT NULL,
    description text,
    commitment  commitment      NOT NULL,
    state       objective_state NOT NULL,
    visibility  visibility      NOT NULL,
    progress    numeric,
    health      health          NOT NULL,
    ord         int             NOT NULL
);
CREATE TABLE key_result (
    id           uuid    PRIMARY KEY,
    objective_id uuid    NOT NULL REFERENCES objective (id),
    title        text    NOT NULL,
    weight       numeric NOT NULL,
    current      numeric,
    confidence   numeric,
    progress     numeric,
    health       health  NOT NULL,
    due_on       date,
    ord          int     NOT NULL
);
CREATE TABLE check_in (
    id            uuid        PRIMARY KEY,
    key_result_id uuid        NOT NULL REFERENCES key_result (id),
    effective_at  timestamptz NOT NULL,
    value         numeric     NOT NULL,
    confidence    numeric,
    note          text
);
CREATE TABLE position (position bigint NOT NULL);
INSERT INTO position VALUES (0);
