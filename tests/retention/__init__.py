"""Retention of a running device, looked at from outside."""
