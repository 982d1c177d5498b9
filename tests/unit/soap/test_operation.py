from __future__ import annotations

import pytest

from argus.base.access import ANONYMOUS, Access
from argus.soap.faults import InvalidArgVal
from argus.soap.message import message
from argus.soap.namespaces import TDS, QName
from argus.soap.operation import Call, Service, operation


@message(TDS)
class Ask:
    name: str


@message(TDS)
class AskResponse:
    answer: str


class Asking(Service):
    namespace = TDS
    path = "/onvif/ask"
    version = (1, 0)

    @operation(Access.READ_MEDIA, InvalidArgVal)
    async def ask(self, request: Ask) -> AskResponse:
        return AskResponse(answer=request.name)


class AskingFrom(Service):
    namespace = TDS
    path = "/onvif/ask"
    version = (1, 0)

    @operation(Access.PRE_AUTH)
    async def ask(self, request: Ask, call: Call) -> AskResponse:
        return AskResponse(answer=call.base_url)


class Twice(Asking):
    @operation(Access.READ_MEDIA)
    async def ask_again(self, request: Ask) -> AskResponse:
        return AskResponse(answer=request.name)


class Untyped(Service):
    namespace = TDS
    path = "/onvif/ask"
    version = (1, 0)

    @operation(Access.PRE_AUTH)
    async def ask(self, request: str) -> AskResponse:
        return AskResponse(answer=request)


def test_an_operation_is_found_by_the_name_of_its_request() -> None:
    found = Asking().operations[QName(TDS, "Ask")]
    assert (found.access, found.faults, found.request, found.response) == (
        Access.READ_MEDIA,
        (InvalidArgVal,),
        Ask,
        AskResponse,
    )


@pytest.mark.parametrize(("service", "answer"), [(Asking(), "me"), (AskingFrom(), "http://host")])
async def test_an_operation_gets_the_circumstances_only_if_it_asks_for_them(service: Service, answer: str) -> None:
    call = Call(caller=ANONYMOUS, base_url="http://host")
    assert await service.operations[QName(TDS, "Ask")].call(Ask(name="me"), call) == AskResponse(answer=answer)


@pytest.mark.parametrize("service", [Twice(), Untyped()])
def test_a_wrong_declaration_is_found_before_the_first_request(service: Service) -> None:
    with pytest.raises(TypeError):
        _ = service.operations
