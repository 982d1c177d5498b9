"""board.toml is validated with messages that name the file, the key and what is allowed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.station.board import StorageSettings, find_board, load_board

SIMULATED = find_board("simulated")


def refused(tmp_path: Path, old: str, new: str) -> str:
    text = SIMULATED.read_text()
    assert old in text
    file = tmp_path / "board.toml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidValue) as caught:
        load_board(file)
    assert str(file) in str(caught.value)
    return str(caught.value)


def test_the_simulated_board_has_a_main_and_a_sub_stream() -> None:
    board = load_board(SIMULATED)
    (source,) = board.video_sources
    assert [(stream.token, stream.width, stream.bitrate_bps) for stream in source.streams] == [
        ("Main", 1280, 2_000_000),
        ("Sub", 640, 512_000),
    ]


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path) -> None:
    problem = refused(tmp_path, "hardware_id =", "hardwareid =")
    assert "board.hardware_id: is missing" in problem
    problem = refused(tmp_path, 'encoder = "auto"', 'encoder = "auto"\nbitrat = "1 Mbit/s"')
    assert "video_source[0].stream[0].bitrat: unknown key; did you mean 'bitrate'?" in problem


def test_a_wrong_unit_is_refused_with_the_allowed_ones(tmp_path) -> None:
    assert "stream[0].bitrate: '2 Mbit' needs a number and one of bit/s" in refused(
        tmp_path, '"2 Mbit/s"\n', '"2 Mbit"\n'
    )
    assert "needs quotes and a unit" in refused(tmp_path, '"2 Mbit/s"\n', "2000000\n")


def test_a_file_source_without_its_file_is_refused(tmp_path) -> None:
    problem = refused(tmp_path, 'source = "test"', 'source = "file"\nfile = "nowhere.mp4"')
    assert "video_source[0].file: there is no file" in problem


def test_a_device_on_a_source_that_has_none_is_refused(tmp_path) -> None:
    assert "only a source" in refused(tmp_path, 'source = "test"', 'source = "test"\ndevice = "/dev/video0"')


def test_an_encoder_nobody_knows_is_refused_with_the_known_ones(tmp_path) -> None:
    problem = refused(tmp_path, 'encoder = "auto"', 'encoder = "x265"')
    assert "'x264enc'" in problem


def test_equal_tokens_are_refused(tmp_path) -> None:
    assert "used more than once" in refused(tmp_path, 'token = "Sub"', 'token = "Main"')


def test_profiles_of_the_simulated_board_have_sound_and_metadata() -> None:
    board = load_board(SIMULATED)
    (microphone,) = board.audio_sources
    assert (microphone.settings.kind, microphone.settings.sample_rate_hz) == ("test", 48_000)
    assert [(one.token, one.codec, one.sample_rate_hz, one.bitrate_bps) for one in microphone.streams] == [
        ("G711", "G711", 8_000, 64_000),
        ("AAC", "AAC", 16_000, 32_000),
    ]
    assert [(one.audio, one.metadata) for one in board.video_sources[0].streams] == [("G711", True), ("AAC", True)]


def test_a_board_may_be_deaf(tmp_path: Path) -> None:
    text = SIMULATED.read_text()
    video, _, rest = text.partition("[[audio_source]]")
    kept = [line for line in video.splitlines() if not line.startswith(("audio =", "metadata ="))]
    file = tmp_path / "board.toml"
    file.write_text("\n".join(kept) + "\n[storage]" + rest.partition("[storage]")[2])
    board = load_board(file)
    assert board.audio_sources == ()
    assert {(one.audio, one.metadata) for one in board.video_sources[0].streams} == {(None, False)}


def test_audio_that_nobody_makes_is_refused_with_what_there_is(tmp_path: Path) -> None:
    problem = refused(tmp_path, 'audio = "AAC"', 'audio = "Opus"')
    assert "stream 'Sub' names audio 'Opus'; audio streams: 'G711', 'AAC'" in problem


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('codec = "G711"', 'codec = "G711"\nbitrate = "32 kbit/s"', "always 8 kHz and 64 kbit/s"),
        ('codec = "G711"', 'codec = "OPUS"', "audio_source[0].stream[0].codec: 'OPUS' is not one of 'G711', 'AAC'"),
        ('"16 kHz"', '"22.05 kHz"', "22050 Hz is none of 8000, 16000"),
        ('"16 kHz"', "16000", "needs quotes and a unit (Hz, kHz)"),
        ('"32 kbit/s"', '"128 kbit/s"', "is not between 8000 bit/s and 96000 bit/s"),
        ('token = "AAC"', 'token = "Main"', "used more than once"),
        ("metadata = true", "metadata = 1", "metadata: 1 is not true or false"),
        ('source = "test"                     # a quiet', 'source = "alsa"  # ', "device: is missing"),
        ('source = "test"                     # a quiet', 'source = "test"\ndevice = "hw:0"  # ', "only a source"),
    ],
)
def test_audio_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in refused(tmp_path, old, new)


def test_a_board_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidValue, match="simulated"):
        find_board("toaster")


def storage(tmp_path: Path, keys: str) -> StorageSettings:
    text, _, _ = SIMULATED.read_text().partition("[storage]")
    file = tmp_path / "board.toml"
    file.write_text(f"{text}[storage]\n{keys}\n")
    return load_board(file).storage


def test_a_volume_in_the_data_directory_is_made_by_the_station(tmp_path: Path) -> None:
    found = storage(tmp_path, 'volume = "volume.ring"\nsize = "2 GiB"\nlargest_share = "40 %"')
    assert (found.removable, found.size_bytes, found.largest_share) == (False, 2 << 30, 40)
    with pytest.raises(InvalidValue, match=r"storage\.size: is missing"):
        storage(tmp_path, 'volume = "volume.ring"')


def test_a_volume_with_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    found = storage(tmp_path, 'volume = "/dev/disk/by-partlabel/footage"')
    assert (found.removable, found.largest_share) == (True, 100)


def test_a_volume_outside_the_data_directory_needs_an_absolute_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="use the absolute path"):
        storage(tmp_path, 'volume = "../volume.ring"\nsize = "2 GiB"')


@pytest.mark.parametrize("share", ['"0 %"', '"101 %"', '"1.5 %"', '"50"', "50"])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str) -> None:
    with pytest.raises(InvalidValue, match=r"storage\.largest_share"):
        storage(tmp_path, f'volume = "volume.ring"\nsize = "2 GiB"\nlargest_share = {share}')


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("[board]\n" + text).encode()))
def test_any_file_is_either_a_board_or_refused(content, tmp_path_factory) -> None:
    file = tmp_path_factory.getbasetemp() / "board.toml"
    file.write_bytes(content)
    with pytest.raises(InvalidValue):
        load_board(file)
