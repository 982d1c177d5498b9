import gc
import subprocess
import sys

from argus.linux.memory import settle_memory

WATCH = """
from argus.linux.memory import use_memory_sparingly
use_memory_sparingly()
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
freed = [bytearray(b"x") * 3_000_000 for _ in range(8)]
kept = []
before = resident()
while freed:
    kept.append(bytes(1_000))
    freed.pop()
print(before - resident())
"""


def test_pictures_go_back_to_the_system_when_they_are_freed() -> None:
    given_back = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, check=True)
    assert int(given_back.stdout) > 20_000_000


def test_what_lives_after_settling_is_not_searched_for_garbage_again() -> None:
    kept = [[] for _ in range(1_000)]
    before = gc.get_freeze_count()
    try:
        settle_memory()
        assert gc.get_freeze_count() > before + len(kept)
    finally:
        gc.unfreeze()
