"""What a place can say, and the arithmetic of it: no network, no key, no database, no clock."""
