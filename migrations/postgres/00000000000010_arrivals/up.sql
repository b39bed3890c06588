-- Lines of more than a month: seldom any, so the index is small, and tells how far back a day's lines may have begun.
CREATE INDEX booking_items_long ON booking_items ((GREATEST(start_on, end_on) - start_on)) WHERE GREATEST(start_on, end_on) - start_on > 31;

-- A line is looked for by each day on which it may have begun: a month back, or as far as the longest lasts, ten years
-- at most. Replaced and not dropped, so that those who may read it still may.
CREATE OR REPLACE VIEW arrivals AS
SELECT l.account_id, a.host, c.day, l.booking_code, l.line_id, l.parent_line_id, k.n + 1 AS day_number,
    GREATEST(COALESCE(l.end_on, l.start_on) - l.start_on, 0) + 1 AS days, l.start_at, l.end_at, l.item_id, COALESCE(i.name, l.name) AS item, l.sku, l.qty AS quantity, l.params,
    b.status_id, b.customer_key, b.customer_name, b.customer_email, b.customer_phone
FROM calendar c
JOIN days_back() AS k (n) ON k.n <= (
    SELECT COALESCE(max(GREATEST(start_on, end_on) - start_on), 31) FROM booking_items WHERE GREATEST(start_on, end_on) - start_on > 31
)
JOIN booking_items l ON l.start_on = c.day - k.n AND c.day = l.start_on + k.n AND c.day >= l.start_on
    AND GREATEST(l.start_on, l.end_on) >= c.day
JOIN bookings b ON b.account_id = l.account_id AND b.code = l.booking_code
JOIN accounts a ON a.account_id = l.account_id
LEFT JOIN items i ON i.account_id = l.account_id AND i.item_id = l.item_id
LEFT JOIN statuses s ON s.account_id = b.account_id AND s.status_id = b.status_id
LEFT JOIN statuses o ON o.account_id = l.account_id AND o.status_id = l.status_id
WHERE b.deleted_at IS NULL AND NOT COALESCE(s.is_cancelled, false) AND NOT COALESCE(o.is_cancelled, false);
