"""What can go wrong, in the words of the domain.

Domain rooms raise these; only `onvif` knows SOAP faults and only `rtsp` knows status codes. `subject` is the
noun the error is about ("recording", "track", "receiver"): a fault class names the kind and the subject it answers.
"""

from __future__ import annotations


class ArgusError(Exception):
    """Base of all expected errors. `subject` is a noun in lower case; the message is a sentence for people."""

    def __init__(self, subject: str, message: str) -> None:
        super().__init__(message)
        self.subject = subject


class NotFound(ArgusError):
    """Nothing by that token or name exists."""

    def __init__(self, subject: str, token: str) -> None:
        super().__init__(subject, f"there is no {subject} {token!r}")
        self.token = token


class InvalidValue(ArgusError):
    """A value breaks a rule; the message names the value and the rule."""


class Conflict(ArgusError):
    """The request contradicts something that exists: a duplicate, an object in use, a fixed object."""


class LimitReached(ArgusError):
    """A bounded resource is exhausted."""

    def __init__(self, subject: str, limit: int) -> None:
        super().__init__(subject, f"no more than {limit} {subject} can exist")
        self.limit = limit


class NotSupported(ArgusError):
    """This device or board cannot do that."""


class Unavailable(ArgusError):
    """It could be done, but not now: a device is missing, a queue is full, storage failed."""
