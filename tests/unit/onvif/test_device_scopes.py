"""The device service about scopes."""

from __future__ import annotations

import pytest
from tests.unit.onvif.asking import texts
from tests.unit.onvif.box import BoxDevice

ROOT = "onvif://www.onvif.org"
QUAY, PIER = f"{ROOT}/location/quay", f"{ROOT}/name/Pier%204"


def change(operation: str, *scopes: str) -> str:
    name = "Scopes" if operation == "SetScopes" else "ScopeItem"
    items = "".join(f"<tds:{name}>{scope}</tds:{name}>" for scope in scopes)
    return f"<tds:{operation}>{items}</tds:{operation}>"


async def scopes_of(box: BoxDevice, definition: str) -> list[str]:
    answer = await box.ask("<tds:GetScopes/>")
    return [
        texts(scope, "tt:ScopeItem")[0] for scope in answer if texts(scope, "tt:ScopeDef") == [definition]
    ]  # fmt: skip


async def test_the_fixed_scopes_tell_what_the_box_is(box: BoxDevice) -> None:
    assert await scopes_of(box, "Fixed") == [
        f"{ROOT}/type/video_encoder",
        f"{ROOT}/hardware/simulated",
        f"{ROOT}/name/Station%20%3C1%3E",
    ]
    assert await scopes_of(box, "Configurable") == []


async def test_added_scopes_are_there_once_and_set_ones_replace_them(box: BoxDevice) -> None:
    await box.ask(change("AddScopes", QUAY, PIER, QUAY))
    await box.ask(change("AddScopes", PIER))
    assert await scopes_of(box, "Configurable") == [QUAY, PIER]
    await box.ask(change("SetScopes", f"{ROOT}/location/dock"))
    assert await scopes_of(box, "Configurable") == [f"{ROOT}/location/dock"]
    assert len(await scopes_of(box, "Fixed")) == 3


async def test_removed_scopes_are_told_and_gone(box: BoxDevice) -> None:
    await box.ask(change("AddScopes", QUAY, PIER))
    assert texts(await box.ask(change("RemoveScopes", QUAY)), "tds:ScopeItem") == [QUAY]
    assert await scopes_of(box, "Configurable") == [PIER]


@pytest.mark.parametrize(
    ("scope", "fault"),
    [
        (f"{ROOT}/hardware/simulated", "Sender/OperationProhibited/FixedScope"),
        (f"{ROOT}/location/nowhere", "Sender/InvalidArgVal/NoScope"),
    ],
)
async def test_all_scopes_are_removed_or_none(box: BoxDevice, scope: str, fault: str) -> None:
    await box.ask(change("AddScopes", QUAY))
    assert await box.refused(change("RemoveScopes", QUAY, scope)) == fault
    assert await scopes_of(box, "Configurable") == [QUAY]


@pytest.mark.parametrize("operation", ["SetScopes", "AddScopes"])
async def test_scopes_have_a_maximum(box: BoxDevice, operation: str) -> None:
    many = [f"{ROOT}/location/{number}" for number in range(33)]
    assert await box.refused(change(operation, *many)) == "Receiver/Action/TooManyScopes"
    assert await scopes_of(box, "Configurable") == []
    await box.ask(change(operation, *many[:32]))
    assert await scopes_of(box, "Configurable") == many[:32]


@pytest.mark.parametrize("operation", ["SetScopes", "AddScopes"])
@pytest.mark.parametrize("scope", ["", "quay", "onvif://a b", ROOT + "/" + "x" * 300])
async def test_a_scope_that_is_no_address_is_refused(box: BoxDevice, operation: str, scope: str) -> None:
    assert await box.refused(change(operation, QUAY, scope)) == "Sender/InvalidArgVal"
    assert await scopes_of(box, "Configurable") == []


@pytest.mark.parametrize("operation", ["SetScopes", "AddScopes", "RemoveScopes"])
async def test_a_change_of_no_scopes_is_incomplete(box: BoxDevice, operation: str) -> None:
    assert await box.refused(change(operation)) == "Sender/InvalidArgs"
