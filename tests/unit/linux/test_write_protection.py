"""Whether a medium refuses writes, as the kernel's tables tell it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.linux.write_protection import WriteProtection, mount_of

TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
30 22 8:2 / /data rw,noatime shared:2 - ext4 /dev/mmcblk0p3 rw
31 30 179:1 / /data/my\040card rw - ext4 /dev/mmcblk1p1 ro,errors=remount-ro
32 22 8:3 / /bound ro,relatime master:1 - ext4 /dev/mmcblk0p3 rw
33 22 8:4 / /twice ro - ext4 /dev/a rw
34 33 8:5 / /twice rw - ext4 /dev/b rw
cut off
"""


@pytest.mark.parametrize(
    ("path", "point", "read_only"),
    [
        ("/etc/x", "/", False),
        ("/data/volume.ring", "/data", False),
        ("/database", "/", False),
        ("/data/my card/volume.ring", "/data/my card", True),
        ("/bound/x", "/bound", True),
        ("/twice/x", "/twice", False),
    ],
)
def test_the_mount_below_which_a_file_lies_tells(path: str, point: str, read_only: bool) -> None:
    found, options = mount_of(Path(path), TABLE)
    assert (found, "ro" in options) == (Path(point), read_only)


@given(st.text())
def test_a_table_of_anything_is_read(table: str) -> None:
    mount_of(Path("/data/volume.ring"), table)


def test_a_file_is_as_protected_as_its_file_system(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"30 22 8:2 / {tmp_path} rw - ext4 /dev/x rw\n")
    volume = WriteProtection(tmp_path / "volume.ring", mounts=table)
    assert volume.reason() == ""
    table.write_text(f"30 22 8:2 / {tmp_path} rw - ext4 /dev/x ro\n")
    assert volume.reason() == f"the file system at {tmp_path} is mounted read-only"
    table.unlink()
    assert volume.reason() == ""


def test_a_device_is_protected_as_its_switch_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = os.makedev(179, 3)
    switch = tmp_path / "179:3" / "ro"
    switch.parent.mkdir()
    card = WriteProtection(Path("/dev/mmcblk7p3"), devices=tmp_path)
    assert card.reason() == "", "a card that is not there is not protected"
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result((0,) * 10, {"st_rdev": number}))
    switch.write_text("0\n")
    assert card.reason() == ""
    switch.write_text("1\n")
    assert card.reason() == "/dev/mmcblk7p3 is write-protected"


def test_the_kernel_tells_of_this_machine(tmp_path: Path) -> None:
    assert WriteProtection(tmp_path / "volume.ring").reason() == ""
    assert WriteProtection(Path("/proc/self/status")).reason() == ""


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "card").symlink_to("card")
    assert WriteProtection(tmp_path / "card").reason() == ""
