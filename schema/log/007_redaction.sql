-- Redaction: the one change that the log admits, of whoever owns it. A text that somebody typed gives way to its digest,
-- which is all that the hashes cover; anything else about an event stays as it was recorded.

CREATE FUNCTION okr.redacted(data jsonb, field text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_set(data, field, jsonb_build_object('digest', encode(sha256(convert_to(
        (data #> field ->> 'salt') || (data #> field ->> 'text'), 'UTF8')), 'hex')))
$$;

-- Where the texts of an event stand: fields of its own, and the reason in its envelope.
CREATE FUNCTION okr.texts(data jsonb) RETURNS SETOF text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[key] FROM jsonb_each(data) WHERE jsonb_typeof(value) = 'object' AND value ?& ARRAY['text', 'salt']
    UNION ALL
    SELECT ARRAY['envelope', 'reason'] WHERE data #> '{envelope,reason}' ?& ARRAY['text', 'salt']
$$;

CREATE FUNCTION okr.refuse_all_but_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := convert_from(OLD.state, 'UTF8');
    becomes jsonb := convert_from(NEW.state, 'UTF8');
BEGIN
    IF (NEW.originator_id, NEW.originator_version, NEW.topic, NEW.notification_id, NEW.commit_position, NEW.recorded_at)
       IS NOT DISTINCT FROM
       (OLD.originator_id, OLD.originator_version, OLD.topic, OLD.notification_id, OLD.commit_position, OLD.recorded_at)
       AND EXISTS (SELECT FROM okr.texts(was) field WHERE becomes = okr.redacted(was, field)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the event log only grows: UPDATE is refused' USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER events_only_grow ON okr.events;
CREATE TRIGGER events_only_grow BEFORE DELETE OR TRUNCATE ON okr.events
    FOR EACH STATEMENT EXECUTE FUNCTION okr.refuse_change();
CREATE TRIGGER events_keep_their_word BEFORE UPDATE ON okr.events
    FOR EACH ROW EXECUTE FUNCTION okr.refuse_all_but_redaction();
ALTER TABLE okr.events ENABLE ALWAYS TRIGGER events_only_grow;
ALTER TABLE okr.events ENABLE ALWAYS TRIGGER events_keep_their_word;

-- The stream of the event whose text is redacted now, or was before; no row where there is no such text.
CREATE FUNCTION okr.redact(at bigint, field text[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
    UPDATE okr.events
    SET state = convert_to(okr.redacted(convert_from(state, 'UTF8')::jsonb, field)::text, 'UTF8')
    WHERE notification_id = at AND field IN (SELECT * FROM okr.texts(convert_from(state, 'UTF8')::jsonb));
    RETURN QUERY SELECT originator_id FROM okr.events
    WHERE notification_id = at AND convert_from(state, 'UTF8')::jsonb #> field ? 'digest';
END $$;
