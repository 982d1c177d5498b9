"""The ring on disk: what is written, found again and given up, without knowing what a recording is."""
