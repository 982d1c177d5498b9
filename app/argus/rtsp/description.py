"""The session description of a presentation."""

from __future__ import annotations

import secrets

from argus.rtsp.link import Address
from argus.rtsp.payload import payload_format
from argus.rtsp.presentation import Presentation, PresentedTrack
from argus.rtsp.protocol.sdp import MediaDescription, SessionDescription
from argus.rtsp.protocol.uri import control


def describe(presentation: Presentation, local: Address) -> bytes:
    """The body of the answer to DESCRIBE. Track addresses are relative to Content-Base."""
    return SessionDescription(
        name=presentation.name,
        host=local.host,
        session_id=secrets.randbits(48),
        range=presentation.range,
        media=tuple(_describe_track(track) for track in presentation.tracks),
    ).encode()


def _describe_track(track: PresentedTrack) -> MediaDescription:
    payload = payload_format(track.format)
    return MediaDescription(
        kind=track.format.codec.kind,
        payload_type=payload.payload_type,
        rtpmap=payload.rtpmap,
        fmtp=payload.fmtp,
        control=control(track.number),
        track_token=track.token,
    )
