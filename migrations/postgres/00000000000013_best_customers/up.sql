-- Who bought for most is found by an index: customers' sums of sales have a table of their own, and are in `figures` no
-- longer.
CREATE TABLE customer_sales (
    account_id INTEGER NOT NULL,
    customer_key TEXT NOT NULL,
    currency_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    total NUMERIC NOT NULL,
    paid_total NUMERIC NOT NULL,
    PRIMARY KEY (customer_key, account_id, currency_id)
);

-- The statuses of which those sums are. Users edit `is_sale`, and the sums follow later.
CREATE TABLE counted_statuses (
    account_id INTEGER NOT NULL,
    status_id TEXT NOT NULL,
    PRIMARY KEY (account_id, status_id)
);

CREATE INDEX customer_sales_total ON customer_sales (total);

-- The rest is not there where tables are distributed.
DO $do$ BEGIN
IF to_regclass('customer_value') IS NULL THEN
    RETURN;
END IF;

-- What was counted of each booking of a customer.
CREATE VIEW counted_sales AS
SELECT b.account_id, b.customer_key, COALESCE(b.currency_id, '') AS currency_id, b.status_id, b.quantity, b.total,
    b.paid_total
FROM counted_bookings b
WHERE b.is_deleted = 0 AND b.customer_key IS NOT NULL;

INSERT INTO counted_statuses (account_id, status_id) SELECT account_id, status_id FROM statuses WHERE is_sale;
INSERT INTO customer_sales (account_id, customer_key, currency_id, n, quantity, total, paid_total)
SELECT b.account_id, b.customer_key, b.currency_id, count(*), sum(b.quantity), sum(b.total), sum(b.paid_total)
FROM counted_sales b
JOIN counted_statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
GROUP BY b.customer_key, b.account_id, b.currency_id;
-- Emptied and filled again, so that the file is as small as what is left.
CREATE TABLE kept_figures AS SELECT * FROM figures WHERE kind <> 'customer';
TRUNCATE figures;
INSERT INTO figures SELECT * FROM kept_figures;
DROP TABLE kept_figures;
ANALYZE figures, customer_sales, counted_statuses;

CREATE OR REPLACE VIEW counting AS
SELECT b.sign, b.in_hand, b.account_id, 'booking' AS kind, d.basis,
    CASE d.basis WHEN 'created' THEN b.created_on WHEN 'start' THEN b.start_on ELSE b.end_on END AS day,
    CAST(NULL AS BIGINT) AS item_id, CAST(NULL AS BIGINT) AS category_id, CAST(NULL AS TEXT) AS label, b.status_id,
    b.currency_id, 1 AS n, b.quantity, b.sub_total AS sub_total, b.tax_total AS tax_total,
    b.total AS total, b.paid_total AS paid_total
FROM counting_bookings b
CROSS JOIN (SELECT 'created' AS basis UNION ALL SELECT 'start' UNION ALL SELECT 'end') d
WHERE b.is_deleted = 0
UNION ALL
SELECT b.sign, b.in_hand, b.account_id, 'lead', '', CAST(date_trunc('month', b.created_on) AS DATE), b.start_on - b.created_on, NULL, NULL,
    b.status_id, NULL, 1, b.quantity, 0, 0, 0, 0
FROM counting_bookings b
WHERE b.is_deleted = 0 AND b.created_on IS NOT NULL AND b.start_on IS NOT NULL
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'item', d.basis,
    CAST(date_trunc('month', CASE d.basis WHEN 'created' THEN p.created_on WHEN 'start' THEN p.start_on ELSE p.end_on END) AS DATE),
    p.item_id, p.category_id, p.label, p.booking_status_id, p.currency_id, 1, p.quantity, 0, p.tax_total,
    p.total, 0
FROM counting_parts p
CROSS JOIN (SELECT 'created' AS basis UNION ALL SELECT 'start' UNION ALL SELECT 'end') d
WHERE p.part = 'item' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'payment', '', p.day, NULL, NULL, p.label, NULL, p.currency_id,
    CASE p.status_id WHEN 'REFUND' THEN 0 ELSE 1 END, CASE p.status_id WHEN 'REFUND' THEN 1 ELSE 0 END, 0, 0,
    p.total, CASE p.status_id WHEN 'REFUND' THEN p.total ELSE 0 END
FROM counting_parts p
WHERE p.part = 'payment'
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'tax', 'accrual', p.start_on, p.item_id, NULL, p.label, p.booking_status_id,
    p.currency_id, 1, 0, 0, p.tax_total, 0, 0
FROM counting_parts p
WHERE p.part = 'tax' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'tax', 'cash', p.day, p.item_id, NULL, p.label, NULL, p.currency_id, 1, 0, 0,
    p.tax_total, 0, 0
FROM counting_parts p
WHERE p.part = 'cash' AND p.is_deleted = 0
UNION ALL
SELECT p.sign, p.in_hand, p.account_id, 'step', '', p.day, NULL, NULL, p.label, p.status_id, p.currency_id, 1, 0, 0,
    0, p.total, p.paid_total
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
    b.sign * b.quantity AS quantity, b.sign * b.total AS total, b.sign * b.paid_total AS paid_total
FROM counting_bookings b
WHERE b.is_deleted = 0 AND b.customer_key IS NOT NULL;
CREATE OR REPLACE VIEW counting_customers AS
SELECT c.account_id, c.customer_key AS label, c.currency_id, sum(c.n) AS n, sum(c.quantity) AS quantity,
    sum(c.total) AS total, sum(c.paid_total) AS paid_total
FROM counting_sales c
JOIN statuses s ON s.account_id = c.account_id AND s.status_id = c.status_id
WHERE s.is_sale
GROUP BY c.account_id, c.customer_key, c.currency_id;

-- While no status has turned: those of whom nothing is listed, whom indexes find, and those of whom something is. Else all
-- of them from the bookings as they were counted, and what is listed.
CREATE OR REPLACE VIEW customer_value AS
SELECT v.account_id, (SELECT a.host FROM accounts a WHERE a.account_id = v.account_id) AS host, v.customer_key, v.code,
    v.name, v.email, NULLIF(v.currency_id, '') AS currency_id, v.n AS bookings, v.quantity, v.total, v.paid_total
FROM (
    SELECT k.account_id, k.customer_key, c.code, c.name, c.email, k.currency_id, k.n, k.quantity, k.total, k.paid_total
    FROM customer_sales k
    LEFT JOIN customers c ON c.account_id = k.account_id AND c.customer_key = k.customer_key
    WHERE NOT EXISTS (SELECT 1 FROM turned_statuses) AND NOT EXISTS (
        SELECT 1 FROM counting_customers u
        WHERE u.account_id = k.account_id AND u.label = k.customer_key AND u.currency_id = k.currency_id
    )
    UNION ALL
    SELECT u.account_id, u.label, c.code, c.name, c.email, u.currency_id, u.n + COALESCE(k.n, 0),
        CAST(u.quantity + COALESCE(k.quantity, 0) AS BIGINT), u.total + COALESCE(k.total, 0),
        u.paid_total + COALESCE(k.paid_total, 0)
    FROM counting_customers u
    LEFT JOIN customer_sales k
        ON k.account_id = u.account_id AND k.customer_key = u.label AND k.currency_id = u.currency_id
    LEFT JOIN customers c ON c.account_id = u.account_id AND c.customer_key = u.label
    WHERE NOT EXISTS (SELECT 1 FROM turned_statuses)
    UNION ALL
    SELECT w.account_id, w.label, c.code, c.name, c.email, w.currency_id, w.n, w.quantity, w.total, w.paid_total
    FROM (
        SELECT x.account_id, x.label, x.currency_id, CAST(sum(x.n) AS BIGINT) AS n,
            CAST(sum(x.quantity) AS BIGINT) AS quantity, sum(x.total) AS total, sum(x.paid_total) AS paid_total
        FROM (
            SELECT b.account_id, b.customer_key AS label, b.currency_id, 1 AS n, b.quantity, b.total, b.paid_total
            FROM counted_sales b
            JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
            WHERE s.is_sale AND EXISTS (SELECT 1 FROM turned_statuses)
            UNION ALL
            SELECT u.account_id, u.label, u.currency_id, u.n, u.quantity, u.total, u.paid_total
            FROM counting_customers u
            WHERE EXISTS (SELECT 1 FROM turned_statuses)
        ) x
        GROUP BY x.account_id, x.label, x.currency_id
    ) w
    LEFT JOIN customers c ON c.account_id = w.account_id AND c.customer_key = w.label
) v
WHERE v.n <> 0;

-- A status that turned has its account listed, so that somebody counts.
CREATE FUNCTION uncount_statuses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO uncounted (account_id, booking_code) SELECT NEW.account_id, '' WHERE NEW.is_sale;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO uncounted (account_id, booking_code) SELECT OLD.account_id, '' WHERE OLD.is_sale;
    ELSIF (OLD.account_id, OLD.status_id, OLD.is_sale) IS DISTINCT FROM (NEW.account_id, NEW.status_id, NEW.is_sale) THEN
        INSERT INTO uncounted (account_id, booking_code) VALUES (NEW.account_id, ''), (OLD.account_id, '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER statuses_change AFTER INSERT OR UPDATE OR DELETE ON statuses
FOR EACH ROW EXECUTE FUNCTION uncount_statuses();
END $do$;
