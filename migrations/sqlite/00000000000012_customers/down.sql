DROP VIEW customer_value;
CREATE VIEW customer_value AS
SELECT v.account_id, (SELECT a.host FROM accounts a WHERE a.account_id = v.account_id) AS host, v.label AS customer_key,
    c.code, c.name, c.email, NULLIF(v.currency_id, '') AS currency_id,
    CAST(v.n AS BIGINT) AS bookings, CAST(v.quantity AS BIGINT) AS quantity, v.total / 1000000.0 AS total,
    v.paid_total / 1000000.0 AS paid_total
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
        WHERE f.kind = 'customer' AND f.basis = '' AND f.day = '' AND f.item_id = -1 AND f.category_id = -1
        AND f.account_id = u.account_id AND f.label = u.label AND f.currency_id = u.currency_id
    )
) v
LEFT JOIN customers c ON c.account_id = v.account_id AND c.customer_key = v.label
WHERE v.n <> 0;
