"""A day of a recorder on a simulated clock."""
