"""`python -m tests.power.serve FOLDER KEEP_DATA`: the process behind a rig's medium.

It lives in a mount namespace of its own, obeys commands on its standard input (one JSON object a line, answered by
one), and ends with that input: nothing it mounted outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from tests.power.fuse import FuseFile, own_mounts
from tests.power.medium import FaultyMedium
from tests.power.write_log import LogWriter


def main(folder: Path, *, keep_data: bool) -> None:
    own_mounts()
    log = LogWriter(folder / "log", keep_data=keep_data)
    medium = FaultyMedium(folder / "backing", log)
    file = FuseFile(folder / "device", medium)
    # The commands come in a thread: a medium that stalls still has to hear when to stop.
    threading.Thread(target=_obey, args=(medium, log), daemon=True).start()
    file.serve()


def _obey(medium: FaultyMedium, log: LogWriter) -> None:
    commands = {
        "stall": medium.stall,
        "refuse": medium.refuse,
        "make_read_only": medium.make_read_only,
        "drop": medium.drop,
        "save": log.save,
        "count": lambda: {"refused": medium.refused, "dropped": medium.dropped},
    }
    _say({"ready": os.getpid()})
    for line in sys.stdin:
        command = json.loads(line)
        answer = commands[command.pop("do")](**command)
        _say(answer or {})
    os._exit(0)


def _say(answer: dict[str, int]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), keep_data=sys.argv[2] == "1")
