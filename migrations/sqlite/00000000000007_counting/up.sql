-- Counting in short steps: those in hand are found at once, however many are listed, and a booking is listed once.

-- Those in hand, within a transaction that counts.
CREATE INDEX uncounted_in_hand ON uncounted (account_id, booking_code) WHERE in_hand = 1;
CREATE INDEX uncounted_booking ON uncounted (account_id, booking_code);
DELETE FROM uncounted WHERE EXISTS (
    SELECT 1 FROM uncounted u
    WHERE u.account_id = uncounted.account_id AND u.booking_code = uncounted.booking_code AND u.rowid < uncounted.rowid
);

DROP TRIGGER bookings_insert;
DROP TRIGGER bookings_update;
DROP TRIGGER bookings_delete;
DROP TRIGGER booking_items_insert;
DROP TRIGGER booking_items_update;
DROP TRIGGER booking_items_delete;
DROP TRIGGER booking_taxes_insert;
DROP TRIGGER booking_taxes_update;
DROP TRIGGER booking_taxes_delete;
DROP TRIGGER booking_history_insert;
DROP TRIGGER booking_history_update;
DROP TRIGGER booking_history_delete;
DROP TRIGGER transactions_insert;
DROP TRIGGER transactions_update;
DROP TRIGGER transactions_delete;

CREATE TRIGGER bookings_insert AFTER INSERT ON bookings BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.code
    );
END;
CREATE TRIGGER bookings_update AFTER UPDATE ON bookings
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.code IS NOT NEW.code
    OR OLD.status_id IS NOT NEW.status_id
    OR OLD.currency_id IS NOT NEW.currency_id
    OR OLD.customer_key IS NOT NEW.customer_key
    OR OLD.created_on IS NOT NEW.created_on
    OR OLD.start_on IS NOT NEW.start_on
    OR OLD.end_on IS NOT NEW.end_on
    OR OLD.sub_total IS NOT NEW.sub_total
    OR OLD.tax_total IS NOT NEW.tax_total
    OR OLD.total IS NOT NEW.total
    OR OLD.paid_total IS NOT NEW.paid_total
    OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.code
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.code
    );
END;
CREATE TRIGGER bookings_delete AFTER DELETE ON bookings BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.code
    );
END;
CREATE TRIGGER booking_items_insert AFTER INSERT ON booking_items BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
END;
CREATE TRIGGER booking_items_update AFTER UPDATE ON booking_items
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.booking_code IS NOT NEW.booking_code
    OR OLD.item_id IS NOT NEW.item_id
    OR OLD.category_id IS NOT NEW.category_id
    OR OLD.sku IS NOT NEW.sku
    OR OLD.qty IS NOT NEW.qty
    OR OLD.total IS NOT NEW.total
    OR OLD.tax_total IS NOT NEW.tax_total
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER booking_items_delete AFTER DELETE ON booking_items BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER booking_taxes_insert AFTER INSERT ON booking_taxes BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
END;
CREATE TRIGGER booking_taxes_update AFTER UPDATE ON booking_taxes
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.booking_code IS NOT NEW.booking_code
    OR OLD.tax_id IS NOT NEW.tax_id
    OR OLD.name IS NOT NEW.name
    OR OLD.amount IS NOT NEW.amount
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER booking_taxes_delete AFTER DELETE ON booking_taxes BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER booking_history_insert AFTER INSERT ON booking_history BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
END;
CREATE TRIGGER booking_history_update AFTER UPDATE ON booking_history
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.booking_code IS NOT NEW.booking_code
    OR OLD.recorded_on IS NOT NEW.recorded_on
    OR OLD.status_id IS NOT NEW.status_id
    OR OLD.total IS NOT NEW.total
    OR OLD.paid_total IS NOT NEW.paid_total
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, NEW.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = NEW.booking_code
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER booking_history_delete AFTER DELETE ON booking_history BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, OLD.booking_code WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = OLD.booking_code
    );
END;
CREATE TRIGGER transactions_insert AFTER INSERT ON transactions BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, COALESCE(NEW.booking_code, '') WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = COALESCE(NEW.booking_code, '')
    );
END;
CREATE TRIGGER transactions_update AFTER UPDATE ON transactions
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.booking_code IS NOT NEW.booking_code
    OR OLD.status_id IS NOT NEW.status_id
    OR OLD.payment_type IS NOT NEW.payment_type
    OR OLD.transacted_on IS NOT NEW.transacted_on
    OR OLD.amount IS NOT NEW.amount
    OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, COALESCE(NEW.booking_code, '') WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = COALESCE(NEW.booking_code, '')
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, COALESCE(OLD.booking_code, '') WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = COALESCE(OLD.booking_code, '')
    );
END;
CREATE TRIGGER transactions_delete AFTER DELETE ON transactions BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, COALESCE(OLD.booking_code, '') WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = COALESCE(OLD.booking_code, '')
    );
END;
