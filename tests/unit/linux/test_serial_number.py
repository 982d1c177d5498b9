"""The serial number is the hardware's own, or stable and telling nothing."""

from pathlib import Path

import pytest

from argus.linux.serial_number import read_serial_number


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_device_tree_comes_first(tmp_path: Path) -> None:
    write(tmp_path, "proc/device-tree/serial-number", "10000000abcdef01\0")
    write(tmp_path, "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    assert read_serial_number(tmp_path) == "10000000abcdef01"


@pytest.mark.parametrize("printed", ["To be filled by O.E.M.", "0000000000", "", "\xff"])
def test_a_placeholder_is_not_a_serial_number(tmp_path: Path, printed: str) -> None:
    write(tmp_path, "sys/class/dmi/id/product_serial", printed)
    assert read_serial_number(tmp_path) is None


def test_a_number_from_the_machine_id_is_stable_and_does_not_show_it(tmp_path: Path) -> None:
    write(tmp_path, "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    number = read_serial_number(tmp_path)
    assert number is not None
    assert number == read_serial_number(tmp_path)
    assert len(number) == 12
    assert number.lower() not in "0123456789abcdef0123456789abcdef"
