"""Receivers as rows."""

from __future__ import annotations

from argus.base.database import Database, Statement
from argus.base.tokens import ReceiverToken
from argus.store.recording.receiver import Receiver, ReceiverConfiguration, ReceiverMode


def load_receivers(database: Database) -> list[Receiver]:
    """Every receiver in order of creation."""
    return [
        Receiver(
            token=ReceiverToken(str(token)),
            configuration=ReceiverConfiguration(
                mode=ReceiverMode(str(mode)), media_uri=str(media_uri), stream=str(stream), protocol=str(protocol)
            ),
            auto_created=bool(auto_created),
        )
        for token, mode, media_uri, stream, protocol, auto_created in database.read(
            "SELECT token, mode, media_uri, stream, protocol, auto_created FROM receiver ORDER BY rowid"
        )
    ]


def insert_receiver(receiver: Receiver) -> Statement:
    configuration = receiver.configuration
    return (
        "INSERT INTO receiver (token, mode, media_uri, stream, protocol, auto_created) VALUES (?, ?, ?, ?, ?, ?)",
        (
            receiver.token,
            configuration.mode,
            configuration.media_uri,
            configuration.stream,
            configuration.protocol,
            int(receiver.auto_created),
        ),
    )


def update_receiver(receiver: Receiver) -> Statement:
    configuration = receiver.configuration
    return (
        "UPDATE receiver SET mode = ?, media_uri = ?, stream = ?, protocol = ? WHERE token = ?",
        (
            configuration.mode,
            configuration.media_uri,
            configuration.stream,
            configuration.protocol,
            receiver.token,
        ),
    )


def delete_receiver(token: ReceiverToken) -> Statement:
    return "DELETE FROM receiver WHERE token = ?", (token,)
