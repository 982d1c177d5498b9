"""A font of 5 by 7 dots for times and numbers, drawn into luma planes."""

from __future__ import annotations

CELL_WIDTH, CELL_HEIGHT = 6, 8

_DOTS = {
    "0": ("01110", "10001", "10011", "10101", "11001", "10001", "01110"),
    "1": ("00100", "01100", "00100", "00100", "00100", "00100", "01110"),
    "2": ("01110", "10001", "00001", "00110", "01000", "10000", "11111"),
    "3": ("01110", "10001", "00001", "00110", "00001", "10001", "01110"),
    "4": ("00010", "00110", "01010", "10010", "11111", "00010", "00010"),
    "5": ("11111", "10000", "11110", "00001", "00001", "10001", "01110"),
    "6": ("01110", "10000", "10000", "11110", "10001", "10001", "01110"),
    "7": ("11111", "00001", "00010", "00100", "01000", "01000", "01000"),
    "8": ("01110", "10001", "10001", "01110", "10001", "10001", "01110"),
    "9": ("01110", "10001", "10001", "01111", "00001", "00001", "01110"),
    "-": ("00000", "00000", "00000", "11111", "00000", "00000", "00000"),
    ":": ("00000", "00100", "00000", "00000", "00000", "00100", "00000"),
    ".": ("00000", "00000", "00000", "00000", "00000", "01100", "01100"),
    "#": ("01010", "01010", "11111", "01010", "11111", "01010", "01010"),
    "U": ("10001", "10001", "10001", "10001", "10001", "10001", "01110"),
    "T": ("11111", "00100", "00100", "00100", "00100", "00100", "00100"),
    "C": ("01110", "10001", "10000", "10000", "10000", "10001", "01110"),
    " ": ("00000",) * 7,
}


class TextLine:
    """Draws one line of text, every dot a square of `scale` pixels; characters without a glyph become blanks."""

    def __init__(self, scale: int, dark: int, bright: int) -> None:
        self.height = CELL_HEIGHT * scale
        self._scale = scale
        shades = {"0": bytes([dark]) * scale, "1": bytes([bright]) * scale}
        self._rows = [
            {character: b"".join(shades[dot] for dot in dots[row] + "0") for character, dots in _DOTS.items()}
            for row in range(CELL_HEIGHT - 1)
        ]

    def draw(self, luma: memoryview, stride: int, x: int, y: int, text: str) -> None:
        """Write the text with its upper left corner at (x, y), cut at the right edge of the plane."""
        for number, glyphs in enumerate(self._rows):
            blank = glyphs[" "]
            line = b"".join([glyphs.get(character, blank) for character in text])[: stride - x]
            for repeat in range(self._scale):
                start = (y + number * self._scale + repeat) * stride + x
                luma[start : start + len(line)] = line
