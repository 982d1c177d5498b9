"""Programs that print figures; nothing here asserts. `make bench` runs all, `python -m tests.bench soap` one."""
