-- Who bought for most is found by an index: customers' sums of sales have a table of their own, and are in `figures` no
-- longer.
CREATE TABLE customer_sales (
    account_id INTEGER NOT NULL,
    customer_key TEXT NOT NULL,
    currency_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    total INTEGER NOT NULL,
    paid_total INTEGER NOT NULL,
    PRIMARY KEY (customer_key, account_id, currency_id)
) WITHOUT ROWID;

-- The statuses of which those sums are. Users edit `is_sale`, and the sums follow later.
CREATE TABLE counted_statuses (
    account_id INTEGER NOT NULL,
    status_id TEXT NOT NULL,
    PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;

-- What was counted of each booking of a customer. The plus keeps SQLite from indexing all of them to read them once.
CREATE VIEW counted_sales AS
SELECT b.account_id, b.customer_key, COALESCE(b.currency_id, '') AS currency_id, b.status_id, b.quantity,
    CAST(round(max(-1e11, min(1e11, b.total)) * 1000000) AS INTEGER) AS total,
    CAST(round(max(-1e11, min(1e11, b.paid_total)) * 1000000) AS INTEGER) AS paid_total
FROM counted_bookings b
WHERE +b.is_deleted = 0 AND b.customer_key IS NOT NULL;

INSERT INTO counted_statuses (account_id, status_id) SELECT account_id, status_id FROM statuses WHERE is_sale;
INSERT INTO customer_sales (account_id, customer_key, currency_id, n, quantity, total, paid_total)
SELECT b.account_id, b.customer_key, b.currency_id, count(*), sum(b.quantity), sum(b.total), sum(b.paid_total)
FROM counted_sales b
JOIN counted_statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
GROUP BY b.customer_key, b.account_id, b.currency_id;
CREATE INDEX customer_sales_total ON customer_sales (total / 1000000.0);
DELETE FROM figures WHERE kind = 'customer';

DROP VIEW counting;
CREATE VIEW counting AS
SELECT b.sign, b.in_hand, b.account_id, 'booking' AS kind, d.basis,
    CASE d.basis WHEN 'created' THEN b.created_on WHEN 'start' THEN b.start_on ELSE b.end_on END AS day,
    CAST(NULL AS BIGINT) AS item_id, CAST(NULL AS BIGINT) AS category_id, CAST(NULL AS TEXT) AS label, b.status_id,
    b.currency_id, 1 AS n, b.quantity, CAST(round(max(-1e11, min(1e11, b.sub_total)) * 1000000) AS INTEGER) AS sub_total, CAST(round(max(-1e11, min(1e11, b.tax_total)) * 1000000) AS INTEGER) AS tax_total,
    CAST(round(max(-1e11, min(1e11, b.total)) * 1000000) AS INTEGER) AS total, CAST(round(max(-1e11, min(1e11, b.paid_total)) * 1000000) AS INTEGER) AS paid_total
FROM counting_bookings b
CROSS JOIN (SELECT 'created' AS basis UNION ALL SELECT 'start' UNION ALL SELECT 'end') d
WHERE b.is_deleted = 0
UNION ALL
SELECT b.sign, b.in_hand, b.account_id, 'lead', '', date(b.created_on, 'start of month'), CAST(julianday(b.start_on) - julianday(b.created_on) AS INTEGER), NULL, NULL,
    b.status_id, NULL, 1, b.quantity, 0, 0, 0, 0
FROM counting_bookings b
WHERE b.is_deleted = 0 AND b.created_on IS NOT NULL AND b.start_on IS NOT NULL
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'item', d.basis,
    date(CASE d.basis WHEN 'created' THEN p.created_on WHEN 'start' THEN p.start_on ELSE p.end_on END, 'start of month'),
    p.item_id, p.category_id, p.label, p.booking_status_id, p.currency_id, 1, p.quantity, 0, CAST(round(max(-1e11, min(1e11, p.tax_total)) * 1000000) AS INTEGER),
    CAST(round(max(-1e11, min(1e11, p.total)) * 1000000) AS INTEGER), 0
FROM counting_parts p
CROSS JOIN (SELECT 'created' AS basis UNION ALL SELECT 'start' UNION ALL SELECT 'end') d
WHERE p.part = 'item' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'payment', '', p.day, NULL, NULL, p.label, NULL, p.currency_id,
    CASE p.status_id WHEN 'REFUND' THEN 0 ELSE 1 END, CASE p.status_id WHEN 'REFUND' THEN 1 ELSE 0 END, 0, 0,
    CAST(round(max(-1e11, min(1e11, p.total)) * 1000000) AS INTEGER), CASE p.status_id WHEN 'REFUND' THEN CAST(round(max(-1e11, min(1e11, p.total)) * 1000000) AS INTEGER) ELSE 0 END
FROM counting_parts p
WHERE p.part = 'payment'
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'tax', 'accrual', p.start_on, p.item_id, NULL, p.label, p.booking_status_id,
    p.currency_id, 1, 0, 0, CAST(round(max(-1e11, min(1e11, p.tax_total)) * 1000000) AS INTEGER), 0, 0
FROM counting_parts p
WHERE p.part = 'tax' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'tax', 'cash', p.day, p.item_id, NULL, p.label, NULL, p.currency_id, 1, 0, 0,
    CAST(round(max(-1e11, min(1e11, p.tax_total)) * 1000000) AS INTEGER), 0, 0
FROM counting_parts p
WHERE p.part = 'cash' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'step', '', p.day, NULL, NULL, p.label, p.status_id, p.currency_id, 1, 0, 0,
    0, CAST(round(max(-1e11, min(1e11, p.total)) * 1000000) AS INTEGER), CAST(round(max(-1e11, min(1e11, p.paid_total)) * 1000000) AS INTEGER)
FROM counting_parts p
WHERE p.part = 'step' AND p.is_deleted = 0;

-- Those that count as sales by now (sign 1), and those that do no longer (sign -1).
CREATE VIEW turned_statuses AS
SELECT 1 AS sign, s.account_id, s.status_id
FROM statuses s
WHERE s.is_sale AND NOT EXISTS (
    SELECT 1 FROM counted_statuses c WHERE c.account_id = s.account_id AND c.status_id = s.status_id
)
UNION ALL
SELECT -1, c.account_id, c.status_id
FROM counted_statuses c
WHERE NOT EXISTS (
    SELECT 1 FROM statuses s WHERE s.account_id = c.account_id AND s.status_id = c.status_id AND s.is_sale
);

-- What the bookings in `uncounted` add to `counted_sales`, and take off; below it the same by customer, of sales.
CREATE VIEW counting_sales AS
SELECT b.in_hand, b.account_id, b.customer_key, COALESCE(b.currency_id, '') AS currency_id, b.status_id, b.sign AS n,
    b.sign * b.quantity AS quantity,
    b.sign * CAST(round(max(-1e11, min(1e11, b.total)) * 1000000) AS INTEGER) AS total,
    b.sign * CAST(round(max(-1e11, min(1e11, b.paid_total)) * 1000000) AS INTEGER) AS paid_total
FROM counting_bookings b
WHERE b.is_deleted = 0 AND b.customer_key IS NOT NULL;
DROP VIEW counting_customers;
CREATE VIEW counting_customers AS
SELECT c.account_id, c.customer_key AS label, c.currency_id, sum(c.n) AS n, sum(c.quantity) AS quantity,
    sum(c.total) AS total, sum(c.paid_total) AS paid_total
FROM counting_sales c
JOIN statuses s ON s.account_id = c.account_id AND s.status_id = c.status_id
WHERE s.is_sale
GROUP BY c.account_id, c.customer_key, c.currency_id;

-- While no status has turned: those of whom nothing is listed, whom indexes find, and those of whom something is. Else all
-- of them from the bookings as they were counted, and what is listed.
DROP VIEW customer_value;
CREATE VIEW customer_value AS
SELECT v.account_id, (SELECT a.host FROM accounts a WHERE a.account_id = v.account_id) AS host, v.customer_key, v.code,
    v.name, v.email, NULLIF(v.currency_id, '') AS currency_id, v.n AS bookings, v.quantity, v.total, v.paid_total
FROM (
    SELECT k.account_id, k.customer_key, c.code, c.name, c.email, k.currency_id, k.n, k.quantity,
        k.total / 1000000.0 AS total, k.paid_total / 1000000.0 AS paid_total
    FROM customer_sales k
    LEFT JOIN customers c ON c.account_id = k.account_id AND c.customer_key = k.customer_key
    WHERE NOT EXISTS (SELECT 1 FROM turned_statuses) AND NOT EXISTS (
        SELECT 1 FROM counting_customers u
        WHERE u.account_id = k.account_id AND u.label = k.customer_key AND u.currency_id = k.currency_id
    )
    UNION ALL
    SELECT u.account_id, u.label, c.code, c.name, c.email, u.currency_id, u.n + COALESCE(k.n, 0),
        u.quantity + COALESCE(k.quantity, 0), (u.total + COALESCE(k.total, 0)) / 1000000.0,
        (u.paid_total + COALESCE(k.paid_total, 0)) / 1000000.0
    FROM counting_customers u
    LEFT JOIN customer_sales k
        ON k.account_id = u.account_id AND k.customer_key = u.label AND k.currency_id = u.currency_id
    LEFT JOIN customers c ON c.account_id = u.account_id AND c.customer_key = u.label
    WHERE NOT EXISTS (SELECT 1 FROM turned_statuses)
    UNION ALL
    SELECT w.account_id, w.label, c.code, c.name, c.email, w.currency_id, w.n, w.quantity, w.total / 1000000.0,
        w.paid_total / 1000000.0
    FROM (
        SELECT x.account_id, x.label, x.currency_id, sum(x.n) AS n, sum(x.quantity) AS quantity, sum(x.total) AS total,
            sum(x.paid_total) AS paid_total
        FROM (
            SELECT b.account_id, b.customer_key AS label, b.currency_id, 1 AS n, b.quantity, b.total, b.paid_total
            FROM (SELECT 1 FROM turned_statuses LIMIT 1) t
            CROSS JOIN counted_sales b
            CROSS JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
            WHERE s.is_sale
            UNION ALL
            SELECT u.account_id, u.label, u.currency_id, u.n, u.quantity, u.total, u.paid_total
            FROM (SELECT 1 FROM turned_statuses LIMIT 1) t
            CROSS JOIN counting_customers u
        ) x
        GROUP BY x.account_id, x.label, x.currency_id
    ) w
    LEFT JOIN customers c ON c.account_id = w.account_id AND c.customer_key = w.label
) v
WHERE v.n <> 0;

-- A status that turned has its account listed, so that somebody counts.
CREATE TRIGGER statuses_insert AFTER INSERT ON statuses WHEN NEW.is_sale BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, '' WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = ''
    );
END;
CREATE TRIGGER statuses_update AFTER UPDATE ON statuses
WHEN OLD.account_id IS NOT NEW.account_id
    OR OLD.status_id IS NOT NEW.status_id
    OR OLD.is_sale IS NOT NEW.is_sale
BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT NEW.account_id, '' WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = NEW.account_id AND u.booking_code = ''
    );
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, '' WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = ''
    );
END;
CREATE TRIGGER statuses_delete AFTER DELETE ON statuses WHEN OLD.is_sale BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT OLD.account_id, '' WHERE NOT EXISTS (
        SELECT 1 FROM uncounted u WHERE u.account_id = OLD.account_id AND u.booking_code = ''
    );
END;
