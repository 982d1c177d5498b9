"""Composition root: wiring, board profile, supervisor, HTTP listener, health, page, command line."""
