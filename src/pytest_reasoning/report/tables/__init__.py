"""What every output shows, as rows of plain texts that are formatted for reading and safe to print."""
