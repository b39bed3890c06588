DROP INDEX webhook_events_entity;
CREATE INDEX webhook_events_entity ON webhook_events (entity_key, kind, account_id, id);
