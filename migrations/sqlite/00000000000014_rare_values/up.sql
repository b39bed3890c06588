-- How often something of a person was erased: what was read before is not written after.
ALTER TABLE mirror ADD COLUMN erasures BIGINT NOT NULL DEFAULT 0;

-- A booking that was entered the day after it began has a lead of -1 day, which is not "none" here.
DROP VIEW current_figures;
CREATE VIEW current_figures AS
SELECT account_id, kind, basis, NULLIF(day, '') AS day, CASE kind WHEN 'lead' THEN item_id ELSE NULLIF(item_id, -1) END AS item_id,
    NULLIF(category_id, -1) AS category_id, NULLIF(label, '') AS label, NULLIF(status_id, '') AS status_id,
    NULLIF(currency_id, '') AS currency_id, n, quantity, sub_total, tax_total, total, paid_total
FROM figures
UNION ALL
SELECT account_id, kind, basis, day, item_id, category_id, NULLIF(label, ''), NULLIF(status_id, ''),
    NULLIF(currency_id, ''), sign * n, sign * quantity, sign * sub_total, sign * tax_total, sign * total,
    sign * paid_total
FROM counting;

-- What is paid for services after the calendar's end is unearned on each of its days.
DROP VIEW unearned_revenue;
CREATE VIEW unearned_revenue AS
WITH paid AS (
    SELECT account_id, host, currency_id, day, bookings, paid_total
    FROM sales_by_day WHERE basis = 'start' AND day IS NOT NULL
)
SELECT r.account_id, r.host, c.day, r.currency_id, COALESCE(p.bookings, 0) AS bookings,
    COALESCE(p.paid_total, 0) AS paid_total,
    round(COALESCE(sum(COALESCE(p.paid_total, 0)) OVER (
        PARTITION BY r.account_id, r.currency_id ORDER BY c.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) + COALESCE(b.paid_total, 0), 6) AS unearned
FROM (
    SELECT account_id, host, currency_id, min(day) AS first, max(day) AS last
    FROM paid GROUP BY account_id, host, currency_id
) r
JOIN calendar c ON c.day BETWEEN r.first AND r.last
LEFT JOIN paid p ON p.account_id = r.account_id AND COALESCE(p.currency_id, '') = COALESCE(r.currency_id, '') AND p.day = c.day
LEFT JOIN (
    SELECT account_id, currency_id, sum(paid_total) AS paid_total
    FROM paid WHERE day > (SELECT max(day) FROM calendar) GROUP BY account_id, currency_id
) b ON b.account_id = r.account_id AND COALESCE(b.currency_id, '') = COALESCE(r.currency_id, '');
