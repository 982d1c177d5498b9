"""RTSP status codes, and the error that carries one.

Spec: RFC 2326 § Status Code Definitions.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Status codes this server answers with."""

    OK = 200
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    NOT_ACCEPTABLE = 406
    REQUEST_ENTITY_TOO_LARGE = 413
    REQUEST_URI_TOO_LARGE = 414
    PARAMETER_NOT_UNDERSTOOD = 451
    SESSION_NOT_FOUND = 454
    METHOD_NOT_VALID_IN_THIS_STATE = 455
    INVALID_RANGE = 457
    AGGREGATE_OPERATION_NOT_ALLOWED = 459
    ONLY_AGGREGATE_OPERATION_ALLOWED = 460
    UNSUPPORTED_TRANSPORT = 461
    INTERNAL_SERVER_ERROR = 500
    NOT_IMPLEMENTED = 501
    SERVICE_UNAVAILABLE = 503
    RTSP_VERSION_NOT_SUPPORTED = 505
    OPTION_NOT_SUPPORTED = 551

    @property
    def reason(self) -> str:
        return _REASONS.get(self, self.name.replace("_", " ").title())


_REASONS = {
    Status.OK: "OK",
    Status.REQUEST_URI_TOO_LARGE: "Request-URI Too Large",
    Status.METHOD_NOT_VALID_IN_THIS_STATE: "Method Not Valid in This State",
    Status.ONLY_AGGREGATE_OPERATION_ALLOWED: "Only Aggregate Operation Allowed",
    Status.RTSP_VERSION_NOT_SUPPORTED: "RTSP Version Not Supported",
    Status.OPTION_NOT_SUPPORTED: "Option Not Supported",
}

Headers = tuple[tuple[str, str], ...]


class ProtocolError(Exception):
    """A request that is answered with `status`; `headers` belong to that answer."""

    def __init__(self, status: Status, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
