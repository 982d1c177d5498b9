"""What a refusal of the medium means."""

import errno
import os

import pytest

from argus.store.ring.refusal import MAX_IN_A_ROW, Distrust, Remedy, remedy, sentence


def refused(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.ETIMEDOUT])
def test_an_error_is_tried_elsewhere_before_the_volume_fails(number: int) -> None:
    found = [remedy(refused(number), count) for count in range(1, MAX_IN_A_ROW + 1)]
    assert found == [Remedy.ELSEWHERE, Remedy.ELSEWHERE, Remedy.FAIL]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EPERM, errno.ENOENT])
def test_what_trying_cannot_change_fails_at_once(number: int) -> None:
    assert remedy(refused(number), 1) is Remedy.FAIL


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM])
def test_a_medium_that_was_taken_out_is_gone(number: int) -> None:
    assert remedy(refused(number), 1) is Remedy.GONE


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused(errno.EROFS), "the medium became read-only: Read-only file system"),
        (refused(errno.ENODEV), "the medium is gone: No such device"),
        (refused(errno.EIO), "the volume refused 3 times in a row: Input/output error"),
        (OSError(errno.ENOENT, "the file of the volume was deleted"), "the file of the volume was deleted"),
        (Distrust("the card lies"), "the card lies"),
    ],
)
def test_people_are_told_why(error: OSError, words: str) -> None:
    assert sentence(error, 3) == words


def test_a_medium_the_station_distrusts_fails_at_once() -> None:
    assert remedy(Distrust("the card lies"), 1) is Remedy.FAIL
