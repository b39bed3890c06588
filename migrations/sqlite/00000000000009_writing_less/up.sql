-- A delivery that has just come has no entry in the index by what it is about, where nobody would look for it.
DROP INDEX webhook_events_entity;
CREATE INDEX webhook_events_entity ON webhook_events (entity_key, kind, account_id, id) WHERE entity_key IS NOT NULL;
