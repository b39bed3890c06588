DO $do$ BEGIN
IF to_regclass('customer_value') IS NOT NULL THEN
DROP TRIGGER statuses_change ON statuses;
DROP FUNCTION uncount_statuses;
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
SELECT b.sign, b.in_hand, b.account_id, 'customer', '', NULL, NULL, NULL, b.customer_key, b.status_id, b.currency_id, 1,
    b.quantity, b.sub_total, b.tax_total, b.total, b.paid_total
FROM counting_bookings b
WHERE b.is_deleted = 0 AND b.customer_key IS NOT NULL
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
CREATE OR REPLACE VIEW counting_customers AS
SELECT c.account_id, c.label, COALESCE(c.currency_id, '') AS currency_id, sum(c.sign * c.n) AS n,
    sum(c.sign * c.quantity) AS quantity, sum(c.sign * c.total) AS total, sum(c.sign * c.paid_total) AS paid_total
FROM counting c
JOIN statuses s ON s.account_id = c.account_id AND s.status_id = c.status_id
WHERE c.kind = 'customer' AND s.is_sale
GROUP BY c.account_id, c.label, COALESCE(c.currency_id, '');
CREATE OR REPLACE VIEW customer_value AS
SELECT v.account_id, (SELECT a.host FROM accounts a WHERE a.account_id = v.account_id) AS host, v.label AS customer_key,
    c.code, c.name, c.email, NULLIF(v.currency_id, '') AS currency_id,
    CAST(v.n AS BIGINT) AS bookings, CAST(v.quantity AS BIGINT) AS quantity, v.total AS total,
    v.paid_total AS paid_total
FROM (
    SELECT f.account_id, f.label, f.currency_id, f.n + COALESCE(u.n, 0) AS n,
        f.quantity + COALESCE(u.quantity, 0) AS quantity,
        f.total + COALESCE(u.total, 0) AS total, f.paid_total + COALESCE(u.paid_total, 0) AS paid_total
    FROM (
        SELECT f.account_id, f.label, f.currency_id, sum(f.n) AS n, sum(f.quantity) AS quantity, sum(f.total) AS total,
            sum(f.paid_total) AS paid_total
        FROM figures f
        WHERE f.kind = 'customer' AND EXISTS (
            SELECT 1 FROM statuses s WHERE s.account_id = f.account_id AND s.status_id = f.status_id AND s.is_sale
        )
        GROUP BY f.account_id, f.label, f.currency_id
    ) f
    LEFT JOIN counting_customers u
        ON u.account_id = f.account_id AND u.label = f.label AND u.currency_id = f.currency_id
    UNION ALL
    SELECT u.account_id, u.label, u.currency_id, u.n, u.quantity, u.total, u.paid_total
    FROM counting_customers u
    WHERE NOT EXISTS (
        SELECT 1 FROM figures f
        JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id AND s.is_sale
        WHERE f.kind = 'customer' AND f.basis = '' AND f.day = '-infinity' AND f.item_id = -1 AND f.category_id = -1
        AND f.account_id = u.account_id AND f.label = u.label AND f.currency_id = u.currency_id
    )
) v
LEFT JOIN customers c ON c.account_id = v.account_id AND c.customer_key = v.label
WHERE v.n <> 0;
END IF;
END $do$;
DROP VIEW IF EXISTS counting_sales, turned_statuses, counted_sales;
DROP TABLE counted_statuses;
DROP TABLE customer_sales;
INSERT INTO figures (kind, account_id, basis, day, item_id, category_id, label, currency_id, status_id, n, quantity,
    sub_total, tax_total, total, paid_total)
SELECT 'customer', account_id, '', '-infinity', -1, -1, customer_key, COALESCE(currency_id, ''), COALESCE(status_id, ''), count(*),
    sum(quantity), sum(sub_total), sum(tax_total), sum(total), sum(paid_total)
FROM counted_bookings
WHERE is_deleted = 0 AND customer_key IS NOT NULL
GROUP BY account_id, customer_key, COALESCE(currency_id, ''), COALESCE(status_id, '');
