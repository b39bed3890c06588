DROP INDEX booking_items_add_on;
