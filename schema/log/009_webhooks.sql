-- What waits to be told to webhooks, how each of them is getting on, and what was tried: beside the facts, so that a
-- rebuild neither fills it again nor forgets it.

-- The outbox is filled in the transaction that writes the facts, up to this position, whichever facts these are.
CREATE TABLE okr.webhooks_filled (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL
);
INSERT INTO okr.webhooks_filled (position) VALUES (0);

-- Messages that wait, each the event at that position; delivered in this order.
CREATE TABLE okr.webhook_outbox (
    webhook_id uuid,
    position   bigint,
    PRIMARY KEY (webhook_id, position)
);

-- The first message of a webhook is the one that is tried, so its troubles are the webhook's. No row: none so far.
CREATE TABLE okr.webhook_troubles (
    webhook_id      uuid        PRIMARY KEY,
    since           timestamptz NOT NULL,
    attempts        int         NOT NULL,
    next_attempt_at timestamptz,  -- null: it was stopped, and nothing is put into its outbox
    stopped_after   bigint        -- the position behind which a replay finds what was not told
);

-- What of the log is put into the outbox once more, piece by piece and before all that waits behind it.
CREATE TABLE okr.webhook_replays (
    webhook_id uuid   PRIMARY KEY,
    after      bigint NOT NULL,
    until      bigint NOT NULL
);

CREATE TABLE okr.webhook_deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id   uuid        NOT NULL,
    position     bigint      NOT NULL,
    attempt      int         NOT NULL,  -- from 1
    attempted_at timestamptz NOT NULL,
    milliseconds int         NOT NULL,
    outcome      text        NOT NULL,  -- DELIVERED, or why not
    status       int                    -- what the endpoint answered, if it did
);
CREATE INDEX ON okr.webhook_deliveries (webhook_id, id);
