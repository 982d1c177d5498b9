"""`python -m tests.bench.large_station COMMAND ...`: the station's command with room for a thousand recordings."""

from __future__ import annotations

import sys

from argus.station.cli import main
from argus.store.recording.catalog import Catalog
from argus.store.recording.jobs import Jobs

ROOM = 1_100

if __name__ == "__main__":
    for kind, limit in ((Catalog, "max_recordings"), (Jobs, "max_jobs")):
        defaults = kind.__init__.__kwdefaults__  # type: ignore[misc]
        defaults[limit] = ROOM
    sys.argv = sys.argv[1:]
    main()
