DROP TABLE binding;
DROP TABLE deliveries;
