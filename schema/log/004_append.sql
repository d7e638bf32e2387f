-- Append a batch of requests: one lock, one transaction, one flush; each request is taken or refused for itself.
--
-- A request is the commit of one command: its events (e_*), the versions of the streams that its decision read (g_*), its
-- row for okr.commands (c_*), and the names of people that it brings (p_*; null keeps what is known, '' forgets it);
-- *_request numbers them 1..n. No request may read or write a stream that an earlier one of the same batch writes: the
-- caller leaves those for the next batch.
--
-- Refusals, strongest first: COMMAND_KNOWN (the command is in the log: its first result is returned), VERSION_TAKEN,
-- PREDECESSOR_MISSING, GUARD_MOVED (each with the stream), TOO_EARLY (effective more than c_ahead after now),
-- SUBJECT_TAKEN (the login is another one's).
--
-- Must run under READ COMMITTED: the checks need a snapshot taken after the lock.

CREATE FUNCTION okr.append(
    e_request int[], e_stream uuid[], e_version bigint[], e_topic text[], e_state bytea[],
    g_request int[], g_stream uuid[], g_version bigint[],
    c_command_id uuid[], c_principal_id uuid[], c_name text[], c_input_hash bytea[], c_result jsonb[],
    c_effective_at timestamptz[], c_ahead interval,
    p_request int[], p_id uuid[], p_kind text[], p_name text[], p_subject text[]
) RETURNS TABLE (request int, refusal text, stream uuid, first_position bigint, last_position bigint,
                 recorded_at timestamptz, input_hash bytea, result jsonb)
LANGUAGE plpgsql
SET enable_seqscan = off -- a plan that was cached while the table was empty would scan it for ever
AS $$
#variable_conflict use_column
DECLARE
    head bigint := 0;
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('okr.append'));
    SELECT e.notification_id, greatest(clock_timestamp(), e.recorded_at) INTO head, moment
    FROM okr.events e ORDER BY e.notification_id DESC LIMIT 1;
    head := coalesce(head, 0);
    moment := coalesce(moment, clock_timestamp());

    RETURN QUERY
    WITH c AS MATERIALIZED (
        SELECT * FROM unnest(c_command_id, c_principal_id, c_name, c_input_hash, c_result, c_effective_at)
        WITH ORDINALITY c(command_id, principal_id, name, input_hash, result, effective_at, request)
    ), refusals AS (
        SELECT c.request, 1 AS rank, 'COMMAND_KNOWN' AS refusal, NULL::uuid AS stream
        FROM c, LATERAL (SELECT FROM okr.commands k WHERE k.command_id = c.command_id) known
        UNION ALL
        SELECT w.request, 2, 'VERSION_TAKEN', w.stream
        FROM unnest(e_request, e_stream, e_version) w(request, stream, version),
             LATERAL (SELECT FROM okr.events e
                      WHERE e.originator_id = w.stream AND e.originator_version = w.version) taken
        UNION ALL
        SELECT w.request, 3, 'PREDECESSOR_MISSING', w.stream
        FROM (SELECT u.request, u.stream, min(u.version) AS first, max(u.version) AS last, count(*) AS events
              FROM unnest(e_request, e_stream, e_version) u(request, stream, version)
              GROUP BY u.request, u.stream) w
        WHERE w.last - w.first + 1 <> w.events
           OR w.first > 1 AND NOT EXISTS (SELECT FROM okr.events e
                                          WHERE e.originator_id = w.stream AND e.originator_version = w.first - 1)
        UNION ALL
        SELECT r.request, 4, 'GUARD_MOVED', g.stream
        FROM (SELECT u.stream, u.version, array_agg(u.request) AS requests
              FROM unnest(g_request, g_stream, g_version) u(request, stream, version)
              GROUP BY u.stream, u.version) g,
             LATERAL (SELECT FROM okr.events e
                      WHERE e.originator_id = g.stream AND e.originator_version > g.version LIMIT 1) moved,
             unnest(g.requests) r(request)
        UNION ALL
        SELECT c.request, 5, 'TOO_EARLY', NULL FROM c WHERE c.effective_at > moment + c_ahead
        UNION ALL
        SELECT p.request, 6, 'SUBJECT_TAKEN', NULL
        FROM unnest(p_request, p_id, p_kind, p_subject) p(request, id, kind, subject),
             LATERAL (SELECT FROM okr.people o
                      WHERE o.kind = p.kind AND o.subject = p.subject AND o.id <> p.id) other
    ), refused AS MATERIALIZED (
        SELECT DISTINCT ON (r.request) r.request, r.refusal, r.stream FROM refusals r ORDER BY r.request, r.rank
    ), taken AS MATERIALIZED (
        SELECT c.* FROM c WHERE NOT EXISTS (SELECT FROM refused WHERE refused.request = c.request)
    ), placed AS MATERIALIZED (
        SELECT w.*, head + row_number() OVER (ORDER BY w.place) AS position
        FROM unnest(e_request, e_stream, e_version, e_topic, e_state)
             WITH ORDINALITY w(request, stream, version, topic, state, place)
        JOIN taken ON taken.request = w.request
    ), commits AS MATERIALIZED (
        SELECT placed.request, min(placed.position) AS first_position, max(placed.position) AS last_position
        FROM placed GROUP BY placed.request
    ), events AS (
        INSERT INTO okr.events
        SELECT w.stream, w.version, w.topic, w.state, w.position, commits.last_position, moment
        FROM placed w JOIN commits ON commits.request = w.request
        ORDER BY w.position
    ), commands AS (
        INSERT INTO okr.commands
        SELECT t.command_id, t.principal_id, t.name, t.input_hash, x.first_position, x.last_position, moment, t.result
        FROM taken t LEFT JOIN commits x ON x.request = t.request
    ), people AS (
        INSERT INTO okr.people AS people
        SELECT p.id, p.kind, p.name, p.subject
        FROM unnest(p_request, p_id, p_kind, p_name, p_subject) p(request, id, kind, name, subject)
        JOIN taken ON taken.request = p.request
        ON CONFLICT (id) DO UPDATE
        SET name = nullif(coalesce(excluded.name, people.name), ''),
            subject = nullif(coalesce(excluded.subject, people.subject), '')
    )
    SELECT t.request::int, NULL, NULL::uuid, x.first_position, x.last_position, moment, t.input_hash, t.result
    FROM taken t LEFT JOIN commits x ON x.request = t.request
    UNION ALL
    SELECT r.request::int, r.refusal, r.stream, k.first_position, k.last_position, k.recorded_at, k.input_hash, k.result
    FROM refused r
    LEFT JOIN c ON c.request = r.request AND r.refusal = 'COMMAND_KNOWN'
    LEFT JOIN okr.commands k ON k.command_id = c.command_id;

    NOTIFY okr_events;
END $$;
