-- What changed, in the order in which it was committed: whoever writes rows numbers them under the projector's lock, so
-- that no number shows before a lower one. Nothing of a person is in it but the key of a customer told by an address.
CREATE TABLE changes (
    seq BIGINT PRIMARY KEY,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('booking', 'customer', 'transaction', 'item', 'rate')),
    key TEXT NOT NULL,
    event_id BIGINT,
    action TEXT NOT NULL CHECK (action IN ('insert', 'update', 'delete'))
);
