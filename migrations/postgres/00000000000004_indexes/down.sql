DROP INDEX webhook_events_entity;
DROP INDEX bookings_customer;
DROP INDEX transactions_booking;
CREATE INDEX webhook_events_entity ON webhook_events (account_id, kind, entity_key);
CREATE INDEX bookings_customer ON bookings (account_id, customer_key);
CREATE INDEX transactions_booking ON transactions (account_id, booking_code);
