-- Letters anywhere in a name or an address are looked for in this alone, which is far smaller than the table.
CREATE INDEX customers_person ON customers (name, email);
