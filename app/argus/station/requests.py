"""What the station answers on its control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

from argus.station.cameras import Cameras, NewCamera
from argus.station.control import Responder, field
from argus.station.protections import Protections, Wish
from argus.station.status import StationStatus
from argus.store.recording.quotas import Quota, Quotas
from argus.store.ring.share import Share

NO_SHARE = "none"


class QuotaStatus(TypedDict):
    """`share` is a text such as "25%" or "4GiB", or "none"."""

    recording: str
    name: str
    share: str


def responders(
    status: Callable[[], StationStatus], quotas: Quotas, protections: Protections, cameras: Cameras
) -> dict[str, Responder]:
    """Requests by name."""

    async def tell_status(_fields: Mapping[str, str]) -> object:
        return status()

    async def tell_quotas(_fields: Mapping[str, str]) -> object:
        return [quota_status(quota) for quota in quotas.all()]

    async def set_quota(fields: Mapping[str, str]) -> object:
        await quotas.set(field(fields, "recording"), share_of(field(fields, "share")))
        return await tell_quotas(fields)

    async def protect(fields: Mapping[str, str]) -> object:
        return protections.keep(Wish.parse(fields))

    async def add_camera(fields: Mapping[str, str]) -> object:
        return await cameras.add(NewCamera.parse(fields))

    async def remove_camera(fields: Mapping[str, str]) -> object:
        return await cameras.remove(field(fields, "camera"), footage=field(fields, "footage") == "delete")

    return {
        "status": tell_status,
        "quotas": tell_quotas,
        "set-quota": set_quota,
        "protect": protect,
        "add-camera": add_camera,
        "remove-camera": remove_camera,
    }


def share_of(text: str) -> Share | None:
    """The share that a text names. Raises InvalidValue("share")."""
    return None if text == NO_SHARE else Share.parse(text)


def share_text(share: Share | None) -> str:
    """The text that names a share."""
    return str(share) if share is not None else NO_SHARE


def quota_status(quota: Quota) -> QuotaStatus:
    """A quota as texts."""
    return QuotaStatus(recording=quota.recording, name=quota.name, share=share_text(quota.share))
