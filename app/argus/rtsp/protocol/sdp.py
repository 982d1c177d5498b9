"""Session descriptions.

Spec: RFC 4566; RFC 2326 § Use of SDP for RTSP Session Descriptions; RFC 6184 § Payload Format Parameters.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from argus.base.access_unit import MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDescription:
    """One m= section. `rtpmap` is such as `H264/90000`; `track_token` is told in replay only."""

    kind: MediaKind
    payload_type: int
    rtpmap: str
    fmtp: str = ""
    control: str
    track_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription:
    """What DESCRIBE answers. `host` is the server's address as the client reached it; `range` is npt or clock."""

    name: str
    host: str
    session_id: int
    range: str
    media: tuple[MediaDescription, ...]

    def encode(self) -> bytes:
        """The description, with addresses of one IP family throughout."""
        family, unspecified = ("IP6", "::") if ":" in self.host else ("IP4", "0.0.0.0")  # noqa: S104 - "any", by the SDP rule
        lines = [
            "v=0",
            f"o=- {self.session_id} 1 IN {family} {self.host.partition('%')[0]}",
            f"s={self.name}",
            f"c=IN {family} {unspecified}",
            "t=0 0",
            "a=control:*",
            f"a=range:{self.range}",
        ]
        for media in self.media:
            lines += _encode_media(media)
        return "".join(f"{line}\r\n" for line in lines).encode()


def _encode_media(media: MediaDescription) -> list[str]:
    kind = "application" if media.kind is MediaKind.METADATA else media.kind.value.lower()
    lines = [f"m={kind} 0 RTP/AVP {media.payload_type}", f"a=rtpmap:{media.payload_type} {media.rtpmap}"]
    if media.fmtp:
        lines.append(f"a=fmtp:{media.payload_type} {media.fmtp}")
    lines += [f"a=control:{media.control}", "a=recvonly"]
    if media.track_token is not None:
        lines.append(f"a=x-onvif-track:{media.track_token}")
    return lines


def h264_fmtp(parameter_sets: tuple[bytes, ...]) -> str:
    """Format parameters of H.264 in non-interleaved mode; without parameter sets they come in the stream only."""
    fields = ["packetization-mode=1"]
    if parameter_sets and len(parameter_sets[0]) >= 4:
        fields.append(f"profile-level-id={parameter_sets[0][1:4].hex().upper()}")
        fields.append("sprop-parameter-sets=" + ",".join(b64encode(nal).decode() for nal in parameter_sets))
    return "; ".join(fields)


def h265_fmtp(parameter_sets: tuple[bytes, ...]) -> str:
    """Format parameters of H.265 in decoding order.   Spec: RFC 7798 § Media Type Registration"""
    names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
    sets: dict[str, list[str]] = {}
    for nal in parameter_sets:
        if nal and (name := names.get(nal[0] >> 1 & 0x3F)) is not None:
            sets.setdefault(name, []).append(b64encode(nal).decode())
    return "; ".join(f"{name}={','.join(sets[name])}" for name in names.values() if name in sets)


def aac_fmtp(audio_specific_config: bytes) -> str:
    """Format parameters of AAC in the high bit-rate mode.   Spec: RFC 3640 § High Bit-rate AAC"""
    return (
        "streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; "
        f"config={audio_specific_config.hex().upper()}"
    )
