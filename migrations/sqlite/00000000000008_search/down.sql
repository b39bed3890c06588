DROP INDEX customers_person;
