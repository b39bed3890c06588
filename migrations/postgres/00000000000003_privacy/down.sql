DROP TABLE forgotten_bookings;
