"""Recordings, tracks and jobs as clients configure them, and the recorder that follows."""
