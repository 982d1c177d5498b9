"""Eight cameras of other makes are recorded for minutes, and everything is as a hand-written table says."""
