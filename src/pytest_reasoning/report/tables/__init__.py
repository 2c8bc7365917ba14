"""The rows of the tables in all outputs, as plain text that is formatted for reading and safe to print."""
