-- Lines of more than a month: seldom any, so the index is small, and tells how far back a day's lines may have begun.
CREATE INDEX booking_items_long ON booking_items ((julianday(max(start_on, COALESCE(end_on, start_on))) - julianday(start_on)))
WHERE julianday(max(start_on, COALESCE(end_on, start_on))) - julianday(start_on) > 31;

-- A line is looked for by each day on which it may have begun: a month back, or as far as the longest lasts, ten years
-- at most. What is likely, the planner has to be told, or it reads all bookings for a range of days; a plus keeps a
-- comparison from an index, and `day` from being compared as text, which that of the index is not.
DROP VIEW arrivals;
CREATE VIEW arrivals AS
SELECT l.account_id, a.host, c.day, l.booking_code, l.line_id, l.parent_line_id, k.n + 1 AS day_number,
    max(CAST(julianday(COALESCE(l.end_on, l.start_on)) - julianday(l.start_on) AS INTEGER), 0) + 1 AS days, l.start_at, l.end_at, l.item_id, COALESCE(i.name, l.name) AS item, l.sku, l.qty AS quantity, l.params,
    b.status_id, b.customer_key, b.customer_name, b.customer_email, b.customer_phone
FROM calendar c
JOIN calendar k ON likelihood(k.n <= (
    SELECT COALESCE(max(julianday(max(start_on, COALESCE(end_on, start_on))) - julianday(start_on)), 31)
    FROM booking_items WHERE julianday(max(start_on, COALESCE(end_on, start_on))) - julianday(start_on) > 31
), 0.0005) AND k.n <= 3659
JOIN booking_items l ON l.start_on = date(c.day, -k.n || ' days') AND c.day = date(l.start_on, k.n || ' days') AND likelihood(+c.day >= +l.start_on, 0.0005)
    AND max(l.start_on, COALESCE(l.end_on, l.start_on)) >= +c.day
JOIN bookings b ON b.account_id = l.account_id AND b.code = l.booking_code
JOIN accounts a ON a.account_id = l.account_id
LEFT JOIN items i ON i.account_id = l.account_id AND i.item_id = l.item_id
LEFT JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
LEFT JOIN statuses o ON o.account_id = l.account_id AND o.status_id = l.status_id
WHERE b.deleted_at IS NULL AND NOT COALESCE(s.is_cancelled, false) AND NOT COALESCE(o.is_cancelled, false);
