DROP INDEX uncounted_booking;
DROP INDEX uncounted_in_hand;
