-- Letters anywhere in a name or an address are looked for in this alone, which is far smaller than the table. An entry may
-- have 2,704 bytes: longer names and addresses are not in it.
CREATE INDEX customers_person ON customers (name, email)
WHERE octet_length(COALESCE(name, '')) + octet_length(COALESCE(email, '')) <= 2000;
