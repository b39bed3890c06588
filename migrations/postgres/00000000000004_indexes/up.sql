-- What tells rows apart comes first: there are few accounts, and a planner without statistics must not take an index for
-- the account alone.
DROP INDEX webhook_events_entity;
DROP INDEX bookings_customer;
DROP INDEX transactions_booking;
-- With the id, so that they come in the order of receipt.
CREATE INDEX webhook_events_entity ON webhook_events (entity_key, kind, account_id, id);
CREATE INDEX bookings_customer ON bookings (customer_key, account_id);
CREATE INDEX transactions_booking ON transactions (booking_code, account_id);
