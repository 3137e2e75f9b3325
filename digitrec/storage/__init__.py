"""What is remembered: records in a database, their pictures beside it."""
