-- What people ask, as views: the same names, columns and figures as on SQLite. `docs/REPORTS.md` has the questions.
-- A day is the account's own, and no view knows a clock: which day is meant, the query says.

-- The day on which a step was recorded, in the account's time zone. The projector tells it of the steps that are there.
ALTER TABLE booking_history ADD COLUMN recorded_on DATE;
UPDATE accounts SET dates_timezone = '', dates_cursor = 'history:'
WHERE timezone = dates_timezone
AND EXISTS (SELECT 1 FROM booking_history h WHERE h.account_id = accounts.account_id);

-- The steps of a day.
CREATE INDEX booking_history_recorded ON booking_history (recorded_on);
-- The lines that begin on a day; which of them still last on a later one, the index tells too.
CREATE INDEX booking_items_days ON booking_items (start_on, (GREATEST(start_on, end_on)));

-- Each day from 2000 to 2099, numbered from 0.
CREATE TABLE calendar (
    n INTEGER PRIMARY KEY,
    day DATE NOT NULL UNIQUE
);
INSERT INTO calendar (n, day) SELECT n, DATE '2000-01-01' + n FROM generate_series(0, 36524) AS n;

-- Sums. `figures` adds up what `counted_bookings` and `counted_parts` hold, and nothing else. A booking that changed
-- since it was counted is listed in `uncounted`; views add what it says now, and take off what was counted of it. So they
-- are exact at any time, and the projector counts again in a quiet moment.

-- A row for each change, so that nobody waits for another: a booking may be listed many times.
CREATE TABLE uncounted (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    in_hand INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE counted_bookings (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    status_id TEXT,
    currency_id TEXT,
    customer_key TEXT,
    created_on DATE,
    start_on DATE,
    end_on DATE,
    is_deleted INTEGER NOT NULL,
    quantity BIGINT NOT NULL,
    sub_total NUMERIC NOT NULL,
    tax_total NUMERIC NOT NULL,
    total NUMERIC NOT NULL,
    paid_total NUMERIC NOT NULL,
    PRIMARY KEY (account_id, booking_code)
);

CREATE TABLE counted_parts (
    account_id INTEGER NOT NULL,
    booking_code TEXT NOT NULL,
    part TEXT NOT NULL,
    item_id BIGINT,
    category_id BIGINT,
    label TEXT,
    status_id TEXT,
    day DATE,
    quantity BIGINT NOT NULL,
    tax_total NUMERIC NOT NULL,
    total NUMERIC NOT NULL,
    paid_total NUMERIC NOT NULL
);
CREATE INDEX counted_parts_booking ON counted_parts (booking_code, account_id);

-- What is unknown is `-infinity`, -1 or empty here, so that it can be part of the key.
CREATE TABLE figures (
    kind TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    basis TEXT NOT NULL,
    day DATE NOT NULL,
    item_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    label TEXT NOT NULL,
    status_id TEXT NOT NULL,
    currency_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    sub_total NUMERIC NOT NULL,
    tax_total NUMERIC NOT NULL,
    total NUMERIC NOT NULL,
    paid_total NUMERIC NOT NULL,
    PRIMARY KEY (kind, account_id, basis, day, item_id, category_id, label, currency_id, status_id)
) WITH (fillfactor = 70);

-- The bookings that are listed as `uncounted`: what they say now (sign 1), and what was counted of them (sign -1).
CREATE VIEW counting_bookings AS
SELECT 1 AS sign, m.in_hand, b.account_id, b.code AS booking_code, b.status_id, b.currency_id, b.customer_key,
    b.created_on, b.start_on, b.end_on, CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END AS is_deleted,
    COALESCE((SELECT sum(l.qty) FROM booking_items l WHERE l.account_id = b.account_id AND l.booking_code = b.code), 0)
        AS quantity,
    COALESCE(b.sub_total, 0) AS sub_total, COALESCE(b.tax_total, 0) AS tax_total, COALESCE(b.total, 0) AS total,
    COALESCE(b.paid_total, 0) AS paid_total
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
UNION ALL
SELECT -1, m.in_hand, c.account_id, c.booking_code, c.status_id, c.currency_id, c.customer_key, c.created_on,
    c.start_on, c.end_on, c.is_deleted, c.quantity, c.sub_total, c.tax_total, c.total, c.paid_total
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN counted_bookings c ON c.account_id = m.account_id AND c.booking_code = m.booking_code;

-- Of the same bookings lines, taxes, payments, the tax in each payment, and steps to another status; with what the
-- booking itself says.
CREATE VIEW counting_parts AS
SELECT 1 AS sign, m.in_hand, l.account_id, l.booking_code, 'item' AS part, l.item_id, l.category_id, l.sku AS label,
    CAST(NULL AS TEXT) AS status_id, CAST(NULL AS DATE) AS day, CAST(COALESCE(l.qty, 0) AS BIGINT) AS quantity,
    COALESCE(l.tax_total, 0) AS tax_total, COALESCE(l.total, 0) AS total, CAST(0 AS NUMERIC) AS paid_total,
    b.status_id AS booking_status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END AS is_deleted
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
JOIN booking_items l ON l.account_id = m.account_id AND l.booking_code = m.booking_code
UNION ALL
SELECT 1, m.in_hand, t.account_id, t.booking_code, 'tax', t.tax_id, NULL, t.name, NULL, NULL, 0, COALESCE(t.amount, 0), 0, 0,
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
JOIN booking_taxes t ON t.account_id = m.account_id AND t.booking_code = m.booking_code
UNION ALL
-- Taxes of which only the sum is known.
SELECT 1, m.in_hand, b.account_id, b.code, 'tax', NULL, NULL, NULL, NULL, NULL, 0, b.tax_total, 0, 0,
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
WHERE b.tax_total <> 0
AND NOT EXISTS (SELECT 1 FROM booking_taxes t WHERE t.account_id = m.account_id AND t.booking_code = m.booking_code)
UNION ALL
SELECT 1, m.in_hand, t.account_id, t.booking_code, 'cash', t.tax_id, NULL, t.name, NULL, p.transacted_on, 0,
    round(CASE p.status_id WHEN 'REFUND' THEN -abs(COALESCE(p.amount, 0)) ELSE COALESCE(p.amount, 0) END * COALESCE(t.amount, 0) / b.total, 2), 0, 0,
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
JOIN booking_taxes t ON t.account_id = m.account_id AND t.booking_code = m.booking_code
JOIN transactions p ON p.booking_code = m.booking_code AND p.account_id = m.account_id
WHERE b.total <> 0 AND p.deleted_at IS NULL AND p.status_id IN ('PAID', 'REFUND')
UNION ALL
SELECT 1, m.in_hand, b.account_id, b.code, 'cash', NULL, NULL, NULL, NULL, p.transacted_on, 0,
    round(CASE p.status_id WHEN 'REFUND' THEN -abs(COALESCE(p.amount, 0)) ELSE COALESCE(p.amount, 0) END * COALESCE(b.tax_total, 0) / b.total, 2), 0, 0,
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
JOIN transactions p ON p.booking_code = m.booking_code AND p.account_id = m.account_id
WHERE b.total <> 0 AND b.tax_total <> 0 AND p.deleted_at IS NULL AND p.status_id IN ('PAID', 'REFUND')
AND NOT EXISTS (SELECT 1 FROM booking_taxes t WHERE t.account_id = m.account_id AND t.booking_code = m.booking_code)
UNION ALL
SELECT 1, m.in_hand, p.account_id, p.booking_code, 'payment', NULL, NULL, p.payment_type, p.status_id, p.transacted_on, 0, 0,
    CASE p.status_id WHEN 'REFUND' THEN -abs(COALESCE(p.amount, 0)) ELSE COALESCE(p.amount, 0) END, 0,
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN transactions p ON p.booking_code = m.booking_code AND p.account_id = m.account_id
LEFT JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
WHERE p.deleted_at IS NULL AND p.status_id IN ('PAID', 'REFUND')
UNION ALL
-- Payments without a booking: their code is empty.
SELECT 1, m.in_hand, p.account_id, '', 'payment', NULL, NULL, p.payment_type, p.status_id, p.transacted_on, 0, 0,
    CASE p.status_id WHEN 'REFUND' THEN -abs(COALESCE(p.amount, 0)) ELSE COALESCE(p.amount, 0) END, 0,
    NULL, NULL, NULL, NULL, NULL, 0
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN transactions p ON p.booking_code IS NULL AND p.account_id = m.account_id
WHERE m.booking_code = '' AND p.deleted_at IS NULL AND p.status_id IN ('PAID', 'REFUND')
UNION ALL
SELECT 1, m.in_hand, h.account_id, h.booking_code, 'step', NULL, NULL, (SELECT o.status_id FROM booking_history o WHERE o.account_id = h.account_id
        AND o.booking_code = h.booking_code AND o.event_id < h.event_id ORDER BY o.event_id DESC LIMIT 1), h.status_id, h.recorded_on, 0, 0,
    COALESCE(h.total, 0), COALESCE(h.paid_total, 0),
    b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    CASE WHEN b.deleted_at IS NULL THEN 0 ELSE 1 END
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN bookings b ON b.account_id = m.account_id AND b.code = m.booking_code
JOIN booking_history h ON h.account_id = m.account_id AND h.booking_code = m.booking_code
WHERE h.status_id IS DISTINCT FROM (SELECT o.status_id FROM booking_history o WHERE o.account_id = h.account_id
        AND o.booking_code = h.booking_code AND o.event_id < h.event_id ORDER BY o.event_id DESC LIMIT 1)
UNION ALL
SELECT -1, m.in_hand, c.account_id, c.booking_code, c.part, c.item_id, c.category_id, c.label, c.status_id, c.day,
    c.quantity, c.tax_total, c.total, c.paid_total, b.status_id, b.currency_id, b.created_on, b.start_on, b.end_on,
    COALESCE(b.is_deleted, 0)
FROM (SELECT DISTINCT account_id, booking_code, in_hand FROM uncounted) m
JOIN counted_parts c ON c.booking_code = m.booking_code AND c.account_id = m.account_id
LEFT JOIN counted_bookings b ON b.account_id = m.account_id AND b.booking_code = m.booking_code;

-- What those bookings add to `figures`, and take off.
CREATE VIEW counting AS
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

-- `figures`, and what is not counted yet.
CREATE VIEW current_figures AS
SELECT account_id, kind, basis, NULLIF(day, '-infinity') AS day, NULLIF(item_id, -1) AS item_id,
    NULLIF(category_id, -1) AS category_id, NULLIF(label, '') AS label, NULLIF(status_id, '') AS status_id,
    NULLIF(currency_id, '') AS currency_id, n, quantity, sub_total, tax_total, total, paid_total
FROM figures
UNION ALL
SELECT account_id, kind, basis, day, item_id, category_id, NULLIF(label, ''), NULLIF(status_id, ''),
    NULLIF(currency_id, ''), sign * n, sign * quantity, sign * sub_total, sign * tax_total, sign * total,
    sign * paid_total
FROM counting;

CREATE VIEW sales_by_day AS
SELECT f.account_id, a.host, f.basis, f.day, f.currency_id, CAST(sum(f.n) AS BIGINT) AS bookings, CAST(sum(f.quantity) AS BIGINT) AS quantity,
    sum(f.sub_total) AS sub_total, sum(f.tax_total) AS tax_total, sum(f.total) AS total,
    sum(f.paid_total) AS paid_total
FROM current_figures f
JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id
JOIN accounts a ON a.account_id = f.account_id
WHERE f.kind = 'booking' AND s.is_sale
GROUP BY f.account_id, a.host, f.basis, f.day, f.currency_id
HAVING sum(f.n) <> 0;

CREATE VIEW sales_by_item AS
SELECT f.account_id, a.host, f.basis, f.month, f.item_id, COALESCE(i.sku, f.sku) AS sku, i.name AS item,
    COALESCE(f.category_id, i.category_id) AS category_id, f.currency_id, CAST(sum(f.lines) AS BIGINT) AS lines,
    CAST(sum(f.quantity) AS BIGINT) AS quantity, sum(f.tax_total) AS tax_total, sum(f.total) AS total
FROM (
    SELECT f.account_id, f.basis, f.day AS month, f.item_id, f.label AS sku, f.category_id, f.currency_id,
        sum(f.n) AS lines, sum(f.quantity) AS quantity, sum(f.tax_total) AS tax_total, sum(f.total) AS total
    FROM current_figures f
    JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id
    WHERE f.kind = 'item' AND s.is_sale
    GROUP BY f.account_id, f.basis, f.day, f.item_id, f.label, f.category_id, f.currency_id
    HAVING sum(f.n) <> 0
) f
JOIN accounts a ON a.account_id = f.account_id
LEFT JOIN items i ON i.account_id = f.account_id AND i.item_id = f.item_id
GROUP BY f.account_id, a.host, f.basis, f.month, f.item_id, COALESCE(i.sku, f.sku), i.name,
    COALESCE(f.category_id, i.category_id), f.currency_id;

CREATE VIEW sales_by_category AS
SELECT s.account_id, s.host, s.basis, s.month, s.category_id, COALESCE(c.name, k.category) AS category, s.currency_id,
    CAST(sum(s.lines) AS BIGINT) AS lines, CAST(sum(s.quantity) AS BIGINT) AS quantity, sum(s.tax_total) AS tax_total, sum(s.total) AS total
FROM sales_by_item s
LEFT JOIN categories c ON c.account_id = s.account_id AND c.category_id = s.category_id
LEFT JOIN (
    SELECT account_id, category_id, max(category COLLATE "C") AS category FROM items
    WHERE deleted_at IS NULL GROUP BY account_id, category_id
) k ON k.account_id = s.account_id AND k.category_id = s.category_id
GROUP BY s.account_id, s.host, s.basis, s.month, s.category_id, COALESCE(c.name, k.category), s.currency_id;

CREATE VIEW payments_by_day AS
SELECT f.account_id, a.host, f.day, f.currency_id, f.label AS payment_type, CAST(sum(f.n) AS BIGINT) AS payments,
    CAST(sum(f.quantity) AS BIGINT) AS refunds, sum(f.total - f.paid_total) AS paid, sum(f.paid_total) AS refunded,
    sum(f.total) AS net
FROM current_figures f
JOIN accounts a ON a.account_id = f.account_id
WHERE f.kind = 'payment'
GROUP BY f.account_id, a.host, f.day, f.currency_id, f.label
HAVING sum(f.n + f.quantity) <> 0;

CREATE VIEW balances_due AS
SELECT b.account_id, a.host, b.code AS booking_code, b.status_id, b.customer_key, b.customer_name, b.customer_email,
    b.customer_phone, b.created_on, b.start_on, b.end_on, b.currency_id, b.total, COALESCE(b.paid_total, 0) AS paid_total,
    b.total - COALESCE(b.paid_total, 0) AS balance
FROM bookings b
JOIN accounts a ON a.account_id = b.account_id
JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
WHERE s.is_sale AND b.deleted_at IS NULL AND b.total > COALESCE(b.paid_total, 0);

-- Biggest first.
CREATE INDEX bookings_balance ON bookings ((total - COALESCE(paid_total, 0))) WHERE deleted_at IS NULL AND total > COALESCE(paid_total, 0);

-- A row for each day from the first service to the last, so that each month's end has one.
CREATE VIEW unearned_revenue AS
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

CREATE VIEW tax_by_day AS
SELECT f.account_id, a.host, f.basis, f.day, f.currency_id, f.item_id AS tax_id, f.label AS name, sum(f.tax_total) AS tax
FROM current_figures f
JOIN accounts a ON a.account_id = f.account_id
LEFT JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id
WHERE f.kind = 'tax' AND (f.basis = 'cash' OR s.is_sale)
GROUP BY f.account_id, a.host, f.basis, f.day, f.currency_id, f.item_id, f.label
HAVING sum(f.n) <> 0;

CREATE VIEW cancellations_by_day AS
SELECT f.account_id, a.host, f.day, f.currency_id, CAST(sum(f.n) AS BIGINT) AS cancellations, sum(f.total) AS total,
    sum(f.paid_total) AS paid_total
FROM current_figures f
JOIN accounts a ON a.account_id = f.account_id
JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id
LEFT JOIN statuses o ON o.account_id = f.account_id AND o.status_id = f.label
WHERE f.kind = 'step' AND s.is_cancelled AND NOT COALESCE(o.is_cancelled, false)
GROUP BY f.account_id, a.host, f.day, f.currency_id
HAVING sum(f.n) <> 0;

CREATE VIEW lead_times AS
SELECT f.account_id, a.host, f.day AS month, f.item_id AS lead_days, CAST(sum(f.n) AS BIGINT) AS bookings, CAST(sum(f.quantity) AS BIGINT) AS quantity
FROM current_figures f
JOIN accounts a ON a.account_id = f.account_id
JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id
WHERE f.kind = 'lead' AND s.is_sale
GROUP BY f.account_id, a.host, f.day, f.item_id
HAVING sum(f.n) <> 0;

-- A line is looked for by each day on which it may have begun, ten years back. ROWS says how many of them hold any.
CREATE FUNCTION days_back() RETURNS SETOF INTEGER LANGUAGE plpgsql IMMUTABLE ROWS 10 AS $$ BEGIN
    RETURN QUERY SELECT * FROM generate_series(0, 3659);
END $$;

CREATE VIEW arrivals AS
SELECT l.account_id, a.host, c.day, l.booking_code, l.line_id, l.parent_line_id, k.n + 1 AS day_number,
    GREATEST(COALESCE(l.end_on, l.start_on) - l.start_on, 0) + 1 AS days, l.start_at, l.end_at, l.item_id, COALESCE(i.name, l.name) AS item, l.sku, l.qty AS quantity, l.params,
    b.status_id, b.customer_key, b.customer_name, b.customer_email, b.customer_phone
FROM calendar c
JOIN days_back() AS k (n) ON true
JOIN booking_items l ON l.start_on = c.day - k.n AND c.day = l.start_on + k.n AND c.day >= l.start_on
    AND GREATEST(l.start_on, l.end_on) >= c.day
JOIN bookings b ON b.account_id = l.account_id AND b.code = l.booking_code
JOIN accounts a ON a.account_id = l.account_id
LEFT JOIN items i ON i.account_id = l.account_id AND i.item_id = l.item_id
LEFT JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
LEFT JOIN statuses o ON o.account_id = l.account_id AND o.status_id = l.status_id
WHERE b.deleted_at IS NULL AND NOT COALESCE(s.is_cancelled, false) AND NOT COALESCE(o.is_cancelled, false);

CREATE VIEW add_on_sales AS
SELECT l.account_id, a.host, l.booking_code, l.line_id, l.parent_line_id, l.item_id, COALESCE(i.name, l.name) AS item,
    l.sku, p.item_id AS parent_item_id, COALESCE(j.name, p.name) AS parent_item, p.sku AS parent_sku, b.created_on,
    l.start_on, b.currency_id, l.qty AS quantity, l.tax_total, l.total
FROM booking_items l
JOIN bookings b ON b.account_id = l.account_id AND b.code = l.booking_code
JOIN accounts a ON a.account_id = l.account_id
JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
LEFT JOIN booking_items p
    ON p.account_id = l.account_id AND p.booking_code = l.booking_code AND p.line_id = l.parent_line_id
LEFT JOIN items i ON i.account_id = l.account_id AND i.item_id = l.item_id
LEFT JOIN items j ON j.account_id = p.account_id AND j.item_id = p.item_id
WHERE l.parent_line_id IS NOT NULL AND s.is_sale AND b.deleted_at IS NULL;

-- The same added up by customer, of sales.
CREATE VIEW counting_customers AS
SELECT c.account_id, c.label, COALESCE(c.currency_id, '') AS currency_id, sum(c.sign * c.n) AS n,
    sum(c.sign * c.quantity) AS quantity, sum(c.sign * c.total) AS total, sum(c.sign * c.paid_total) AS paid_total
FROM counting c
JOIN statuses s ON s.account_id = c.account_id AND s.status_id = c.status_id
WHERE c.kind = 'customer' AND s.is_sale
GROUP BY c.account_id, c.label, COALESCE(c.currency_id, '');

-- What is counted is grouped apart from what is not, so that many are grouped in parallel; and who they are is looked
-- up for those alone that are shown.
CREATE VIEW customer_value AS
SELECT v.account_id, (SELECT a.host FROM accounts a WHERE a.account_id = v.account_id) AS host, v.label AS customer_key,
    (SELECT c.code FROM customers c WHERE c.account_id = v.account_id AND c.customer_key = v.label) AS code,
    (SELECT c.name FROM customers c WHERE c.account_id = v.account_id AND c.customer_key = v.label) AS name,
    (SELECT c.email FROM customers c WHERE c.account_id = v.account_id AND c.customer_key = v.label) AS email, NULLIF(v.currency_id, '') AS currency_id,
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
WHERE v.n <> 0;

CREATE VIEW booking_fields AS
SELECT b.account_id, a.host, b.code AS booking_code, b.created_on, b.start_on, f.key AS field, f.value AS value
FROM bookings b
JOIN accounts a ON a.account_id = b.account_id
CROSS JOIN jsonb_each_text(CASE jsonb_typeof(b.fields) WHEN 'object' THEN b.fields END) f
WHERE b.deleted_at IS NULL;

CREATE VIEW status_changes AS
SELECT h.account_id, a.host, h.booking_code, h.event_id, h.recorded_at, h.recorded_on, (SELECT o.status_id FROM booking_history o WHERE o.account_id = h.account_id
        AND o.booking_code = h.booking_code AND o.event_id < h.event_id ORDER BY o.event_id DESC LIMIT 1) AS from_status_id,
    h.status_id AS to_status_id, s.label AS to_label, b.currency_id, h.total, h.paid_total
FROM booking_history h
JOIN accounts a ON a.account_id = h.account_id
JOIN bookings b ON b.account_id = h.account_id AND b.code = h.booking_code
LEFT JOIN statuses s ON s.account_id = h.account_id AND s.status_id = h.status_id
WHERE b.deleted_at IS NULL AND h.status_id IS DISTINCT FROM (SELECT o.status_id FROM booking_history o WHERE o.account_id = h.account_id
        AND o.booking_code = h.booking_code AND o.event_id < h.event_id ORDER BY o.event_id DESC LIMIT 1);

CREATE VIEW freshness AS
SELECT a.account_id, a.host,
    COALESCE(
        (SELECT min(e.received_at) FROM webhook_events e
        WHERE e.state = 'pending' AND (e.account_id = a.account_id OR e.account_id IS NULL)),
        (SELECT e.received_at FROM webhook_events e ORDER BY e.id DESC LIMIT 1)
    ) AS fresh_as_of,
    (SELECT count(*) FROM webhook_events e
    WHERE e.state = 'pending' AND (e.account_id = a.account_id OR e.account_id IS NULL)) AS pending,
    (SELECT count(*) FROM webhook_events e
    WHERE e.state = 'failed' AND (e.account_id = a.account_id OR e.account_id IS NULL)) AS failed,
    a.timezone, CASE WHEN a.timezone = a.dates_timezone THEN false ELSE true END AS dates_follow
FROM accounts a;

-- What makes a booking uncounted.
CREATE FUNCTION uncount_new_bookings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT n.account_id, n.code FROM new_rows n;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_old_bookings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT o.account_id, o.code FROM old_rows o;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_changed_bookings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT n.account_id, n.code FROM (
        SELECT account_id, code, status_id, currency_id, customer_key, created_on, start_on, end_on, sub_total, tax_total, total, paid_total, deleted_at
        FROM new_rows EXCEPT ALL SELECT account_id, code, status_id, currency_id, customer_key, created_on, start_on, end_on, sub_total, tax_total, total, paid_total, deleted_at
        FROM old_rows
    ) n
    UNION SELECT o.account_id, o.code FROM (
        SELECT account_id, code, status_id, currency_id, customer_key, created_on, start_on, end_on, sub_total, tax_total, total, paid_total, deleted_at
        FROM old_rows EXCEPT ALL SELECT account_id, code, status_id, currency_id, customer_key, created_on, start_on, end_on, sub_total, tax_total, total, paid_total, deleted_at
        FROM new_rows
    ) o;
    RETURN NULL;
END $$;
CREATE TRIGGER bookings_insert AFTER INSERT ON bookings
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_new_bookings();
CREATE TRIGGER bookings_update AFTER UPDATE ON bookings
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_changed_bookings();
CREATE TRIGGER bookings_delete AFTER DELETE ON bookings
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_old_bookings();

CREATE FUNCTION uncount_new_booking_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT n.account_id, n.booking_code FROM new_rows n;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_old_booking_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT o.account_id, o.booking_code FROM old_rows o;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_changed_booking_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT n.account_id, n.booking_code FROM (
        SELECT account_id, booking_code, line_id, item_id, category_id, sku, qty, total, tax_total
        FROM new_rows EXCEPT ALL SELECT account_id, booking_code, line_id, item_id, category_id, sku, qty, total, tax_total
        FROM old_rows
    ) n
    UNION SELECT o.account_id, o.booking_code FROM (
        SELECT account_id, booking_code, line_id, item_id, category_id, sku, qty, total, tax_total
        FROM old_rows EXCEPT ALL SELECT account_id, booking_code, line_id, item_id, category_id, sku, qty, total, tax_total
        FROM new_rows
    ) o;
    RETURN NULL;
END $$;
CREATE TRIGGER booking_items_insert AFTER INSERT ON booking_items
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_new_booking_items();
CREATE TRIGGER booking_items_update AFTER UPDATE ON booking_items
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_changed_booking_items();
CREATE TRIGGER booking_items_delete AFTER DELETE ON booking_items
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_old_booking_items();

CREATE FUNCTION uncount_new_booking_taxes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT n.account_id, n.booking_code FROM new_rows n;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_old_booking_taxes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT o.account_id, o.booking_code FROM old_rows o;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_changed_booking_taxes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT n.account_id, n.booking_code FROM (
        SELECT account_id, booking_code, position, tax_id, name, amount
        FROM new_rows EXCEPT ALL SELECT account_id, booking_code, position, tax_id, name, amount
        FROM old_rows
    ) n
    UNION SELECT o.account_id, o.booking_code FROM (
        SELECT account_id, booking_code, position, tax_id, name, amount
        FROM old_rows EXCEPT ALL SELECT account_id, booking_code, position, tax_id, name, amount
        FROM new_rows
    ) o;
    RETURN NULL;
END $$;
CREATE TRIGGER booking_taxes_insert AFTER INSERT ON booking_taxes
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_new_booking_taxes();
CREATE TRIGGER booking_taxes_update AFTER UPDATE ON booking_taxes
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_changed_booking_taxes();
CREATE TRIGGER booking_taxes_delete AFTER DELETE ON booking_taxes
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_old_booking_taxes();

CREATE FUNCTION uncount_new_booking_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT n.account_id, n.booking_code FROM new_rows n;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_old_booking_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT o.account_id, o.booking_code FROM old_rows o;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_changed_booking_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT n.account_id, n.booking_code FROM (
        SELECT account_id, booking_code, event_id, recorded_on, status_id, total, paid_total
        FROM new_rows EXCEPT ALL SELECT account_id, booking_code, event_id, recorded_on, status_id, total, paid_total
        FROM old_rows
    ) n
    UNION SELECT o.account_id, o.booking_code FROM (
        SELECT account_id, booking_code, event_id, recorded_on, status_id, total, paid_total
        FROM old_rows EXCEPT ALL SELECT account_id, booking_code, event_id, recorded_on, status_id, total, paid_total
        FROM new_rows
    ) o;
    RETURN NULL;
END $$;
CREATE TRIGGER booking_history_insert AFTER INSERT ON booking_history
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_new_booking_history();
CREATE TRIGGER booking_history_update AFTER UPDATE ON booking_history
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_changed_booking_history();
CREATE TRIGGER booking_history_delete AFTER DELETE ON booking_history
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_old_booking_history();

CREATE FUNCTION uncount_new_transactions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT n.account_id, COALESCE(n.booking_code, '') FROM new_rows n;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_old_transactions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code) SELECT DISTINCT o.account_id, COALESCE(o.booking_code, '') FROM old_rows o;
    RETURN NULL;
END $$;
CREATE FUNCTION uncount_changed_transactions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ BEGIN
    INSERT INTO uncounted (account_id, booking_code)
    SELECT n.account_id, COALESCE(n.booking_code, '') FROM (
        SELECT account_id, transaction_id, gateway_id, booking_code, status_id, payment_type, transacted_on, amount, deleted_at
        FROM new_rows EXCEPT ALL SELECT account_id, transaction_id, gateway_id, booking_code, status_id, payment_type, transacted_on, amount, deleted_at
        FROM old_rows
    ) n
    UNION SELECT o.account_id, COALESCE(o.booking_code, '') FROM (
        SELECT account_id, transaction_id, gateway_id, booking_code, status_id, payment_type, transacted_on, amount, deleted_at
        FROM old_rows EXCEPT ALL SELECT account_id, transaction_id, gateway_id, booking_code, status_id, payment_type, transacted_on, amount, deleted_at
        FROM new_rows
    ) o;
    RETURN NULL;
END $$;
CREATE TRIGGER transactions_insert AFTER INSERT ON transactions
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_new_transactions();
CREATE TRIGGER transactions_update AFTER UPDATE ON transactions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_changed_transactions();
CREATE TRIGGER transactions_delete AFTER DELETE ON transactions
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION uncount_old_transactions();

-- All that is there is counted at once.
INSERT INTO uncounted (account_id, booking_code, in_hand) SELECT account_id, code, 1 FROM bookings;
INSERT INTO uncounted (account_id, booking_code, in_hand)
SELECT DISTINCT account_id, COALESCE(booking_code, ''), 1 FROM transactions t
WHERE NOT EXISTS (SELECT 1 FROM bookings b WHERE b.account_id = t.account_id AND b.code = t.booking_code);
INSERT INTO figures (kind, account_id, basis, day, item_id, category_id, label, currency_id, status_id, n, quantity,
    sub_total, tax_total, total, paid_total)
SELECT kind, account_id, basis, COALESCE(day, '-infinity'), COALESCE(item_id, -1), COALESCE(category_id, -1),
    COALESCE(label, ''), COALESCE(currency_id, ''), COALESCE(status_id, ''),
    sum(sign * n), sum(sign * quantity), sum(sign * sub_total), sum(sign * tax_total), sum(sign * total), sum(sign * paid_total)
FROM counting WHERE in_hand = 1
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
INSERT INTO counted_parts (account_id, booking_code, part, item_id, category_id, label, status_id, day, quantity, tax_total, total, paid_total)
SELECT account_id, booking_code, part, item_id, category_id, label, status_id, day, quantity, tax_total, total, paid_total
FROM counting_parts WHERE in_hand = 1 AND sign = 1;
INSERT INTO counted_bookings (account_id, booking_code, status_id, currency_id, customer_key, created_on, start_on, end_on, is_deleted, quantity, sub_total, tax_total, total, paid_total)
SELECT account_id, booking_code, status_id, currency_id, customer_key, created_on, start_on, end_on, is_deleted, quantity, sub_total, tax_total, total, paid_total
FROM counting_bookings WHERE in_hand = 1 AND sign = 1;
DELETE FROM uncounted;

