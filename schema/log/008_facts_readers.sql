-- Who reads which facts: so that new ones are read only when everybody holds them, and old ones stay until nobody does.

-- The facts that come next, once they have caught up with the log: processes load them aside. Null at other times.
ALTER TABLE okr.facts_pointer ADD COLUMN next_number int;

-- A session that reads facts holds a shared lock on their number; the server frees it however the session ends.
CREATE FUNCTION okr.facts_lock() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 7301990';  -- "okr"

CREATE FUNCTION okr.begin_reading(number int) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_lock_shared(okr.facts_lock(), number)
$$;

CREATE FUNCTION okr.end_reading(number int) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_unlock_shared(okr.facts_lock(), number)
$$;

-- The processes that read these facts, by the names that their sessions give themselves.
CREATE FUNCTION okr.readers(number int) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT DISTINCT activity.application_name
    FROM pg_locks held JOIN pg_stat_activity activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.mode = 'ShareLock' AND held.objsubid = 2
        AND held.classid = okr.facts_lock()::oid AND held.objid = number::oid
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
