"""Text of strangers, made fit for a terminal or a log."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with a replacement character for each that could end a line or steer a terminal."""
    return "".join(character if character.isprintable() or character == "\t" else "\ufffd" for character in text)
