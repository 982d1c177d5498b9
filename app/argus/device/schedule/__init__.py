"""Schedules: when something is to happen, in the local time of the box."""
