import json
import random
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.store.camera import Station, new_device
from tests.unit.store.memory_device import MemoryDevice

from argus.base.errors import Unavailable
from argus.store.ring import dump, layout
from argus.store.ring.dump import SHOWN_ITEMS, Part
from argus.store.ring.volume import Volume


@pytest.fixture
async def device() -> MemoryDevice:
    station = Station(new_device())
    await station.record(1, 60, random.Random(2))
    station.ring.close()
    return station.device


def names(part: Part) -> set[str]:
    assert isinstance(part.fields, dict)
    return set(part.fields)


def declared(structure: object) -> set[str]:
    return {field.name for field in structure.subcons if field.name}  # type: ignore[attr-defined]


def test_every_declared_field_of_a_superblock_is_shown(device: MemoryDevice) -> None:
    first, second = dump.superblocks(device)
    assert (first.offset, second.offset) == layout.SUPERBLOCK_OFFSETS
    assert names(first) == declared(layout.SUPERBLOCK)
    assert first.fields == second.fields
    assert first.problem == second.problem == ""


def test_the_newest_snapshot_is_shown_whole_and_the_others_by_their_headers(device: MemoryDevice) -> None:
    *headers, newest = dump.snapshots(Volume.open(device))
    assert {part.problem for part in headers} == {""}
    assert all(names(part) == declared(layout.SNAPSHOT_HEADER) for part in headers)
    assert names(newest) == {"header", "body"}
    generations = [part.fields["generation"] for part in headers]  # type: ignore[call-overload,index]
    assert newest.title == f"snapshot {max(generations)}"


def test_a_sealed_segment_is_batches_and_a_footer(device: MemoryDevice) -> None:
    volume = Volume.open(device)
    *batches, footer = dump.segment(volume, 1)
    assert {part.title.split()[0] for part in batches} == {"batch"}
    assert footer.title.startswith("footer of segment")
    assert names(footer) == {"header", "rows", "marks", "formats"}
    assert {part.problem for part in (*batches, footer)} == {""}
    ends = footer.offset + footer.fields["header"]["length"]  # type: ignore[call-overload,index]
    assert ends == volume.geometry.data_offset + 2 * volume.geometry.segment_bytes
    json.dumps([asdict(part) for part in batches])


def test_damage_is_shown_and_passed_over(device: MemoryDevice) -> None:
    volume = Volume.open(device)
    before = list(dump.segment(volume, 1))
    device.image[before[1].offset + 10] ^= 1
    device.image[before[3].offset + 70] ^= 1
    after = list(dump.segment(volume, 1))
    assert after[1].title == "nothing intact"
    assert after[1].problem.startswith("no intact batch between")
    assert "checksum" in after[3].problem
    assert [part.offset for part in after] == [part.offset for part in before]
    device.image[layout.SUPERBLOCK_OFFSETS[0] + 20] ^= 1
    device.image[layout.SUPERBLOCK_OFFSETS[1]] ^= 1
    first, second = dump.superblocks(device)
    assert first.problem == "the checksum is wrong"
    assert "cannot be parsed" in second.problem


def test_long_lists_and_bytes_are_cut(device: MemoryDevice) -> None:
    shown = dump._tree({"list": list(range(100)), "bytes": bytes(1000), "number": float("nan")})
    assert isinstance(shown, dict)
    assert shown["list"][-1] == f"… and {100 - SHOWN_ITEMS} more"  # type: ignore[call-overload,index]
    assert len(shown["bytes"]) < 200  # type: ignore[arg-type]
    assert shown["number"] == "nan"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 300_000), data=st.binary(min_size=1, max_size=600))
def test_any_damage_is_dumped_without_anything_unexpected(device: MemoryDevice, place: int, data: bytes) -> None:
    spoilt = MemoryDevice(device.image)
    spoilt.image[place : place + len(data)] = data
    json.dumps([asdict(part) for part in dump.superblocks(spoilt)])
    try:
        volume = Volume.open(spoilt)
    except Unavailable:
        return
    for parts in (dump.snapshots(volume), dump.segment(volume, 0), dump.segment(volume, 1)):
        json.dumps([asdict(part) for part in parts])
