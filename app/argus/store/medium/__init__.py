"""The medium that holds the ring: a file or a card that comes and goes, and what is wrong with it."""
