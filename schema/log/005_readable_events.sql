-- The log for people: SELECT * FROM okr.readable_events ORDER BY position;

CREATE VIEW okr.readable_events AS
SELECT notification_id AS position,
       recorded_at,
       topic AS event,
       originator_id AS stream,
       originator_version AS version,
       convert_from(state, 'UTF8')::jsonb - 'envelope' AS data,
       convert_from(state, 'UTF8')::jsonb -> 'envelope' AS envelope
FROM okr.events;
