"""Which depacketizer reads a media section."""

from __future__ import annotations

from collections.abc import Callable

from argus.base.access_unit import Codec
from argus.base.errors import NotSupported
from argus.rtsp.depacketize.aac import AacDepacketizer
from argus.rtsp.depacketize.coded_unit import Depacketizer
from argus.rtsp.depacketize.g711 import G711Depacketizer
from argus.rtsp.depacketize.h264 import H264Depacketizer
from argus.rtsp.depacketize.h265 import H265Depacketizer
from argus.rtsp.depacketize.jpeg import JpegDepacketizer
from argus.rtsp.depacketize.metadata import MetadataDepacketizer
from argus.rtsp.protocol.sdp_reader import OfferedMedia

_CODECS = {
    "H264": Codec.H264,
    "H265": Codec.H265,
    "JPEG": Codec.JPEG,
    "PCMU": Codec.PCMU,
    "PCMA": Codec.PCMA,
    "MPEG4-GENERIC": Codec.AAC,
    "VND.ONVIF.METADATA": Codec.METADATA,
    "VND.ONVIF.METADATA.GZIP": Codec.METADATA,
}
_DEPACKETIZERS: dict[Codec, Callable[[OfferedMedia], Depacketizer]] = {
    Codec.H264: H264Depacketizer,
    Codec.H265: H265Depacketizer,
    Codec.JPEG: JpegDepacketizer,
    Codec.PCMU: G711Depacketizer,
    Codec.PCMA: G711Depacketizer,
    Codec.AAC: AacDepacketizer,
    Codec.METADATA: MetadataDepacketizer,
}


def offered_codec(media: OfferedMedia) -> Codec | None:
    """The codec of a media section; None where it is none of ours."""
    codec = _CODECS.get(media.encoding)
    return codec if codec is not None and codec.kind is media.kind else None


def depacketizer(media: OfferedMedia) -> Depacketizer:
    """The reader of this media section.

    Raises:
        NotSupported: subject "codec": its encoding, or the way it is put into packets, cannot be read.
    """
    codec = offered_codec(media)
    if codec is None:
        raise NotSupported("codec", f"{media.kind} in {media.encoding[:64]!r} cannot be received")
    return _DEPACKETIZERS[codec](media)
