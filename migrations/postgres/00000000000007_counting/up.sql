-- Counting in short steps: those in hand, and all that is listed of a booking, are found at once.

-- Those in hand, within a transaction that counts.
CREATE INDEX uncounted_in_hand ON uncounted (account_id, booking_code) WHERE in_hand = 1;
CREATE INDEX uncounted_booking ON uncounted (account_id, booking_code);
