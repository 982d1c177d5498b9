"""The walk through footage: order, flags, edges."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from tests.unit.rtsp.twins import FRAME_US, GOP_FRAMES, H264, START_US, MemoryFootage, gop, span_of_gops, unit

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.rtsp.frames import Frame, FrameFilter, Position, walk_backward, walk_forward
from argus.rtsp.protocol.playback import Frames

GOP_US = GOP_FRAMES * FRAME_US
GAP_US = 60_000_000


def everything() -> FrameFilter:
    return FrameFilter(H264)


async def until_idle(walk: AsyncGenerator[Frame | None, None]) -> list[Frame]:
    frames = []
    while (frame := await anext(walk)) is not None:
        frames.append(frame)
    return frames


def times(frames: list[Frame]) -> list[int]:
    return [(frame.unit.utc_us - START_US) // FRAME_US for frame in frames]


async def test_forward_begins_at_the_clean_point_before_the_time_and_sends_every_frame() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 3))
    frames = await until_idle(walk_forward(footage, 1, START_US + GOP_US + 5 * FRAME_US, None, everything()))
    assert times(frames) == list(range(GOP_FRAMES, 3 * GOP_FRAMES))
    assert [frame for frame in frames if frame.discontinuity] == []


async def test_forward_from_a_gap_begins_at_the_first_clean_point_after_it() -> None:
    later = START_US + GAP_US
    footage = MemoryFootage(*span_of_gops(START_US, 1), *span_of_gops(later, 1))
    frames = await until_idle(walk_forward(footage, 1, START_US + GAP_US // 2, None, everything()))
    assert frames[0].unit.utc_us == later
    assert len(frames) == GOP_FRAMES


async def test_the_last_frame_before_a_gap_ends_and_the_last_of_the_track_is_terminal() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 2), *span_of_gops(START_US + GAP_US, 1))
    frames = await until_idle(walk_forward(footage, 1, START_US, None, everything()))
    assert [number for number, frame in enumerate(frames) if frame.end] == [2 * GOP_FRAMES - 1, 3 * GOP_FRAMES - 1]
    assert [frame.terminal for frame in frames if frame.end] == [False, True]


async def test_at_the_live_edge_the_newest_frame_waits_until_it_is_known_what_follows() -> None:
    whole = gop(START_US, ends_span=True)
    footage = MemoryFootage(replace(whole, units=whole.units[:10], complete=False, ends_span=False))
    walk = walk_forward(footage, 1, START_US, None, everything())
    assert times(await until_idle(walk)) == list(range(9))
    assert await until_idle(walk) == []
    footage.gops[0] = replace(whole, units=whole.units[:20], complete=False, ends_span=False)
    assert times(await until_idle(walk)) == list(range(9, 19))
    footage.gops[0] = replace(whole, units=whole.units[:20])
    [last] = await until_idle(walk)
    assert (times([last]), last.end, last.terminal) == ([19], True, True)


async def test_footage_that_grows_is_followed_although_there_is_some_of_a_later_time() -> None:
    whole = gop(START_US, ends_span=True)
    ahead = span_of_gops(START_US + GAP_US, 1)
    footage = MemoryFootage(replace(whole, units=whole.units[:10], complete=False, ends_span=False), *ahead)
    walk = walk_forward(footage, 1, START_US, None, everything())
    assert times(await until_idle(walk)) == list(range(9))
    assert await until_idle(walk) == []
    footage.gops[0] = replace(whole, units=whole.units[:20], complete=False, ends_span=False)
    assert times(await until_idle(walk)) == list(range(9, 19))
    footage.gops[0] = replace(whole, units=whole.units[:20])
    assert len(await until_idle(walk)) == 1 + GOP_FRAMES


async def test_new_footage_after_the_end_is_followed() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 1))
    walk = walk_forward(footage, 1, START_US, None, everything())
    assert len(await until_idle(walk)) == GOP_FRAMES
    footage.gops += span_of_gops(START_US + GAP_US, 1)
    assert len(await until_idle(walk)) == GOP_FRAMES


async def test_footage_that_does_not_exist_yet_is_waited_for() -> None:
    footage = MemoryFootage()
    walk = walk_forward(footage, 1, START_US, None, everything())
    assert await until_idle(walk) == []
    footage.gops += span_of_gops(START_US + GAP_US, 1)
    assert len(await until_idle(walk)) == GOP_FRAMES


async def test_footage_deleted_under_the_walk_is_jumped_over_with_a_discontinuity() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 5))
    walk = walk_forward(footage, 1, START_US, None, everything())
    for _ in range(10):
        await anext(walk)
    del footage.gops[:3]
    frames = await until_idle(walk)
    assert times(frames) == [*range(10, GOP_FRAMES), *range(3 * GOP_FRAMES, 5 * GOP_FRAMES)]
    assert times([frame for frame in frames if frame.discontinuity]) == [3 * GOP_FRAMES]


async def test_a_gap_in_the_recording_is_no_discontinuity() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 1), *span_of_gops(START_US + GAP_US, 1))
    frames = await until_idle(walk_forward(footage, 1, START_US, None, everything()))
    assert [frame for frame in frames if frame.discontinuity] == []


async def test_resuming_goes_on_exactly_behind_the_frame_sent_last() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 2))
    sent = Position(gop_start_us=START_US, unit_us=START_US + 7 * FRAME_US)
    assert times(await until_idle(walk_forward(footage, 1, sent.unit_us, sent, everything())))[:2] == [8, 9]
    frames = await until_idle(walk_backward(footage, 1, sent.unit_us + 5 * FRAME_US, sent, everything()))
    assert times(frames) == [8, 9, 10, 11, 12]
    assert not frames[0].discontinuity


async def test_backward_sends_groups_in_reverse_each_forward_and_marked_as_discontinuity() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 3))
    frames = await until_idle(walk_backward(footage, 1, START_US + 2 * GOP_US + 4 * FRAME_US, None, everything()))
    assert times(frames) == [
        *range(2 * GOP_FRAMES, 2 * GOP_FRAMES + 5),
        *range(GOP_FRAMES, 2 * GOP_FRAMES),
        *range(GOP_FRAMES),
    ]
    assert times([frame for frame in frames if frame.discontinuity]) == [2 * GOP_FRAMES, GOP_FRAMES, 0]


async def test_backward_marks_the_last_sent_frame_behind_a_gap_and_at_the_beginning() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 1), *span_of_gops(START_US + GAP_US, 1))
    frames = await until_idle(walk_backward(footage, 1, START_US + GAP_US // 2 + GAP_US, None, everything()))
    ends = [(number, frame.terminal) for number, frame in enumerate(frames) if frame.end]
    assert ends == [(GOP_FRAMES - 1, False), (2 * GOP_FRAMES - 1, True)]


async def test_backward_from_a_gap_begins_at_the_last_footage_before_it() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 1), *span_of_gops(START_US + GAP_US, 1))
    frames = await until_idle(walk_backward(footage, 1, START_US + GAP_US // 2, None, everything()))
    assert times(frames) == list(range(GOP_FRAMES))


async def test_intra_sends_key_frames_at_the_interval_and_still_marks_the_end() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 5))
    frames = await until_idle(walk_forward(footage, 1, START_US, None, FrameFilter(H264, Frames.INTRA)))
    assert times(frames) == [n * GOP_FRAMES for n in range(5)]
    assert [frame.end for frame in frames] == [False] * 4 + [True]
    wanted = FrameFilter(H264, Frames.INTRA, 4_000_000)
    frames = await until_idle(walk_backward(footage, 1, START_US + 5 * GOP_US, None, wanted))
    assert times(frames) == [4 * GOP_FRAMES, 2 * GOP_FRAMES, 0]


def test_predicted_leaves_out_bidirectional_pictures() -> None:
    wanted = FrameFilter(H264, Frames.PREDICTED)
    picture = unit(START_US)
    assert wanted.admits(replace(picture, data=b"\x00\x00\x00\x03\x41\x9a\x11"))
    assert not wanted.admits(replace(picture, data=b"\x00\x00\x00\x03\x01\x9e\x11"))


def test_frames_of_another_codec_than_described_are_left_out() -> None:
    assert not FrameFilter(StreamFormat(codec=Codec.H265)).admits(unit(START_US))


def test_sound_of_another_rate_or_configuration_than_described_is_left_out() -> None:
    described = StreamFormat(codec=Codec.AAC, clock_hz=16_000, parameter_sets=(b"\x14\x08",))
    others = (replace(described, clock_hz=8_000), replace(described, parameter_sets=(b"\x14\x10",)))
    same = replace(described)
    sound = AccessUnit(format=same, data=b"frame", key_frame=True, utc_us=START_US, mono_ns=0)
    assert FrameFilter(described).admits(sound)
    assert not any(FrameFilter(described).admits(replace(sound, format=other)) for other in others)
    assert FrameFilter(replace(H264, parameter_sets=())).admits(unit(START_US)), "pictures bring their own"
