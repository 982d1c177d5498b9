"""Words every room uses: clock, units, tokens, errors, events, tasks, access units. Standard library only."""
