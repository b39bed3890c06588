-- Add-ons of some days: most lines are none, so the index is small and most writes pass it by.
CREATE INDEX booking_items_add_on ON booking_items (start_on) WHERE parent_line_id IS NOT NULL;
