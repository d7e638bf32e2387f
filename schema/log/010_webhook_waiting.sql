-- Since when a message waits, which is later than its event where it is told once more.
ALTER TABLE okr.webhook_outbox ADD COLUMN since timestamptz NOT NULL DEFAULT clock_timestamp();
