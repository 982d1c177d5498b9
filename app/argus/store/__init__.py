"""Recordings on disk: segments, ring, index, retention, catalog, jobs, search."""
