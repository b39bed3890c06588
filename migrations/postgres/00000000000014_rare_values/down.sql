DO $$
BEGIN
IF to_regclass('unearned_revenue') IS NOT NULL THEN
CREATE OR REPLACE VIEW unearned_revenue AS
WITH paid AS (
    SELECT account_id, host, currency_id, day, bookings, paid_total
    FROM sales_by_day WHERE basis = 'start' AND day IS NOT NULL
)
SELECT r.account_id, r.host, c.day, r.currency_id, COALESCE(p.bookings, 0) AS bookings,
    COALESCE(p.paid_total, 0) AS paid_total,
    COALESCE(sum(COALESCE(p.paid_total, 0)) OVER (
        PARTITION BY r.account_id, r.currency_id ORDER BY c.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS unearned
FROM (
    SELECT account_id, host, currency_id, min(day) AS first, max(day) AS last
    FROM paid GROUP BY account_id, host, currency_id
) r
JOIN calendar c ON c.day BETWEEN r.first AND r.last
LEFT JOIN paid p ON p.account_id = r.account_id AND COALESCE(p.currency_id, '') = COALESCE(r.currency_id, '') AND p.day = c.day;
END IF;
IF to_regclass('current_figures') IS NOT NULL THEN
CREATE OR REPLACE VIEW current_figures AS
SELECT account_id, kind, basis, NULLIF(day, '-infinity') AS day, NULLIF(item_id, -1) AS item_id,
    NULLIF(category_id, -1) AS category_id, NULLIF(label, '') AS label, NULLIF(status_id, '') AS status_id,
    NULLIF(currency_id, '') AS currency_id, n, quantity, sub_total, tax_total, total, paid_total
FROM figures
UNION ALL
SELECT account_id, kind, basis, day, item_id, category_id, NULLIF(label, ''), NULLIF(status_id, ''),
    NULLIF(currency_id, ''), sign * n, sign * quantity, sign * sub_total, sign * tax_total, sign * total,
    sign * paid_total
FROM counting;
END IF;
END $$;
ALTER TABLE mirror DROP COLUMN erasures;
