"""Session descriptions as other devices write them.

Spec: RFC 4566 § SDP Specification; RFC 2326 § Use of SDP for RTSP Session Descriptions; RFC 3551 § Payload Type
Definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue

MAX_DESCRIPTION_BYTES = 65_536
MAX_MEDIA = 16
MAX_CLOCK_HZ = 1_000_000
_MAX_FRAME_RATE = 1_000.0
_MAX_SIDE = 65_535

_KINDS = {"video": MediaKind.VIDEO, "audio": MediaKind.AUDIO, "application": MediaKind.METADATA}
# Payload types that need no rtpmap: encoding name and clock.
_STATIC = {0: ("PCMU", 8_000), 8: ("PCMA", 8_000), 26: ("JPEG", 90_000)}
_RTPMAP = re.compile(r"([0-9]{1,3})\s+([^/\s]{1,64})/([0-9]{1,7})(?:/([0-9]{1,3}))?", re.ASCII)
_SIZE = re.compile(r"(?:[0-9]{1,3}\s+)?([0-9]{1,5})\s*[-,x]\s*([0-9]{1,5})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_DECIMAL = re.compile(r"(?:[0-9]{1,3}\s+)?([0-9]{1,6}(?:\.[0-9]{0,9})?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedMedia:
    """One m= section: what comes in it and where it is set up.

    `encoding` is the encoding name in upper case; empty where the payload type means nothing known. `fmtp` has its
    names in lower case. `control` is as written, empty where the section is set up by the address of the whole.
    `width`, `height` and `frame_rate` are 0 where the description does not tell them.
    """

    kind: MediaKind
    payload_type: int
    encoding: str
    clock_hz: int
    channels: int = 1
    fmtp: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedSession:
    """A presentation as its server describes it. Sections of kinds nobody takes here are left out."""

    control: str
    media: tuple[OfferedMedia, ...]


def parse_session(text: bytes) -> OfferedSession:
    """The description, read by the lines that matter: others may be missing, unknown or malformed.

    Raises:
        InvalidValue: subject "session description": it is too long, or describes no media.
    """
    if len(text) > MAX_DESCRIPTION_BYTES:
        raise InvalidValue("session description", f"{len(text)} bytes are more than {MAX_DESCRIPTION_BYTES}")
    head, *sections = _sections(text.decode("utf-8", "replace"))
    media = tuple(offered for section in sections if (offered := _parse_media(section)) is not None)
    if not media:
        raise InvalidValue("session description", "it describes no video, audio or metadata over RTP")
    return OfferedSession(control=_attributes(head).get("control", ""), media=media)


_Lines = list[tuple[str, str]]


def _sections(text: str) -> list[_Lines]:
    """The lines by section, that of the session first."""
    sections: list[_Lines] = [[]]
    for kind, value in _lines(text):
        if kind == "m":
            if len(sections) > MAX_MEDIA:
                break
            sections.append([])
        sections[-1].append((kind, value))
    return sections


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r"[\r\n]+", text):
        kind, equals, value = line.partition("=")
        if equals:
            yield kind.strip().lower(), value.strip()


def _attributes(lines: _Lines) -> dict[str, str]:
    """The a= lines by name; the first of a name counts."""
    attributes: dict[str, str] = {}
    for kind, line in lines:
        if kind == "a":
            name, _, value = line.partition(":")
            attributes.setdefault(name.strip().lower(), value.strip())
    return attributes


def _parse_media(lines: _Lines) -> OfferedMedia | None:
    fields = lines[0][1].split()
    kind = _KINDS.get(fields[0].lower()) if fields else None
    if kind is None or len(fields) < 4 or not fields[2].upper().startswith("RTP/"):
        return None
    payload_type = int(fields[3]) if _NUMBER.fullmatch(fields[3]) else -1
    if not 0 <= payload_type <= 127:
        return None
    encoding, clock_hz, channels = _encoding(lines, payload_type)
    attributes = _attributes(lines)
    width, height = _size(attributes)
    return OfferedMedia(
        kind=kind,
        payload_type=payload_type,
        encoding=encoding,
        clock_hz=clock_hz,
        channels=channels,
        fmtp=_format_parameters(lines, payload_type),
        control=attributes.get("control", ""),
        width=width,
        height=height,
        frame_rate=_frame_rate(attributes),
    )


def _encoding(lines: _Lines, payload_type: int) -> tuple[str, int, int]:
    """Encoding name, clock and channels."""
    for value in _of_payload(lines, "rtpmap", payload_type):
        match = _RTPMAP.fullmatch(value)
        if match is not None and 0 < int(match[3]) <= MAX_CLOCK_HZ:
            return match[2].upper(), int(match[3]), max(1, int(match[4] or 1))
    return *_STATIC.get(payload_type, ("", 90_000)), 1


def _format_parameters(lines: _Lines, payload_type: int) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for line in _of_payload(lines, "fmtp", payload_type):
        for part in line.partition(" ")[2].split(";"):
            name, _, value = part.partition("=")
            if name.strip():
                parameters.setdefault(name.strip().lower(), value.strip())
    return parameters


def _of_payload(lines: _Lines, attribute: str, payload_type: int) -> Iterator[str]:
    """The values of an attribute that begins with a payload type, where it is this one."""
    for kind, line in lines:
        name, _, value = line.partition(":")
        if kind == "a" and name.strip().lower() == attribute:
            number = value.split(maxsplit=1)[:1]
            if number and _NUMBER.fullmatch(number[0]) and int(number[0]) == payload_type:
                yield value.strip()


def _size(attributes: Mapping[str, str]) -> tuple[int, int]:
    """The picture's size: `framesize:96 640-360` (3GPP TS 26.234) or `x-dimensions:640,360`."""
    for name in ("framesize", "x-dimensions"):
        match = _SIZE.fullmatch(attributes.get(name, ""))
        if match is not None and int(match[1]) <= _MAX_SIDE and int(match[2]) <= _MAX_SIDE:
            return int(match[1]), int(match[2])
    return 0, 0


def _frame_rate(attributes: Mapping[str, str]) -> float:
    match = _DECIMAL.fullmatch(attributes.get("framerate", "") or attributes.get("x-framerate", ""))
    return min(float(match[1]), _MAX_FRAME_RATE) if match is not None else 0.0
