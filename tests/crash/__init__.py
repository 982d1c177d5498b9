"""Power cuts by the thousand: every prefix of what a ring wrote, judged against what it had promised.

`python -m tests.crash 20000` prints what became of that many states, `python -m tests.crash mutants` which of the
mistakes planted one by one were noticed. Nothing here looks into the ring to know what it should hold.
"""
