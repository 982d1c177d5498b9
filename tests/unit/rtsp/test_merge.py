"""Several tracks in the order of recording."""

from tests.unit.rtsp.twins import FRAME_US, GOP_FRAMES, H264, START_US, MemoryFootage, span_of_gops

from argus.rtsp.frames import FrameFilter, walk_backward, walk_forward
from argus.rtsp.merge import merge


async def test_two_tracks_are_interleaved_by_capture_time() -> None:
    half = FRAME_US // 2
    footage = MemoryFootage(*span_of_gops(START_US, 2), *span_of_gops(START_US + half, 1, track_id=2))
    walks = {n: walk_forward(footage, n, START_US, None, FrameFilter(H264)) for n in (1, 2)}
    received = []
    async for number, frame in merge(walks, reverse=False):
        if frame is None:
            break
        received.append((frame.unit.utc_us, number))
    assert received == sorted(received)
    assert len(received) == 3 * GOP_FRAMES


async def test_in_reverse_groups_alternate_by_their_start() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 2), *span_of_gops(START_US + 1_000_000, 2, track_id=2))
    walks = {n: walk_backward(footage, n, START_US + 60_000_000, None, FrameFilter(H264)) for n in (1, 2)}
    order: list[int] = []
    async for number, frame in merge(walks, reverse=True):
        if frame is None:
            break
        if not order or order[-1] != number:
            order.append(number)
    assert order == [2, 1, 2, 1]


async def test_a_track_without_footage_does_not_hold_up_the_other() -> None:
    footage = MemoryFootage(*span_of_gops(START_US, 1))
    walks = {n: walk_forward(footage, n, START_US, None, FrameFilter(H264)) for n in (1, 2)}
    merged = merge(walks, reverse=False)
    assert (await anext(merged))[0] == 1
