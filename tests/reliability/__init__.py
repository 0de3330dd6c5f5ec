"""Everything that can go wrong on the way, and what becomes of messages then."""
