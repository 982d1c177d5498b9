"""Footage as files of other formats."""
