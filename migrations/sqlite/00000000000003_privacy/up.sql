-- Bookings whose person was forgotten: whatever is told of them later, and again, is told without the person.
CREATE TABLE forgotten_bookings (
    account_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    forgotten_at TEXT NOT NULL,
    PRIMARY KEY (account_id, code)
);
