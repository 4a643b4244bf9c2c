"""Pictures with captions on a dark sheet, in a grid that shows them large."""

import math
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

LONGEST_SIDE = 1024
_SHORTEST_LONG_SIDE = 256  # smaller pictures are shown in whole multiples of their pixels
_WIDEST_TEXT = 256  # a cell is at least this wide, so that captions fit under narrow pictures
_SHAPE_OF_SHEET = 16 / 10
_PRICE_OF_EMPTY_CELL = 0.15
_SHEET = (30, 30, 32)
_TITLE = (236, 236, 236)
_DETAIL = (160, 160, 164)
_CHECKS = ((84, 84, 86), (112, 112, 114))
_CHECK_PIXELS = 12

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Line = tuple[str, tuple[int, int, int], Font]  # text, colour, font


@dataclass(frozen=True)
class Panel:
    """One picture of the sheet.

    pixels: H×W×4, uint8, sRGB and straight alpha; a checkerboard shows through.
    title, detail: its caption; the detail goes below, in as many lines as it takes.
    """

    pixels: npt.NDArray[np.uint8]
    title: str
    detail: str


def contact_sheet(panels: list[Panel]) -> Image.Image:
    """Lay out panels of the same size row by row, and return the sheet in RGB."""
    pictures = [_on_checkerboard(_enlarged(panel.pixels)) for panel in panels]
    width = max(pictures[0].width, _WIDEST_TEXT)
    text_size = max(14, min(28, width // 32))
    captions = [_caption(panel, text_size, width) for panel in panels]
    line = round(text_size * 1.4)
    height = pictures[0].height + line // 2 + line * max(len(caption) for caption in captions)
    cells = [
        _cell(picture, caption, (width, height), line)
        for picture, caption in zip(pictures, captions, strict=True)
    ]
    return _in_a_grid(cells, text_size * 2)


def _caption(panel: Panel, text_size: int, width: int) -> list[Line]:
    title = ImageFont.load_default(text_size)
    detail = ImageFont.load_default(round(text_size * 0.85))
    return [
        *((text, _TITLE, title) for text in _lines(panel.title, title, width)),
        *((text, _DETAIL, detail) for text in _lines(panel.detail, detail, width)),
    ]


def _cell(
    picture: Image.Image, caption: list[Line], size: tuple[int, int], line_height: int
) -> Image.Image:
    cell = Image.new("RGB", size, _SHEET)
    cell.paste(picture, (0, 0))
    draw = ImageDraw.Draw(cell)
    y = picture.height + line_height // 2
    for text, colour, font in caption:
        draw.text((0, y), text, colour, font)
        y += line_height
    return cell


def _in_a_grid(cells: list[Image.Image], margin: int) -> Image.Image:
    width, height = cells[0].width + margin, cells[0].height + margin
    columns = _columns(len(cells), width, height)
    rows = math.ceil(len(cells) / columns)
    sheet = Image.new("RGB", (margin + columns * width, margin + rows * height), _SHEET)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        sheet.paste(cell, (margin + column * width, margin + row * height))
    return sheet


def _columns(count: int, width: int, height: int) -> int:
    """Return the number of columns that makes a sheet of a screen's shape with few empty cells."""

    def price(columns: int) -> float:
        rows = math.ceil(count / columns)
        shape = columns * width / (rows * height)
        empty = columns * rows - count
        return abs(math.log(shape / _SHAPE_OF_SHEET)) + _PRICE_OF_EMPTY_CELL * empty

    return min(range(1, count + 1), key=price)


def _enlarged(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    times = max(1, math.ceil(_SHORTEST_LONG_SIDE / max(pixels.shape[:2])))
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def _on_checkerboard(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width] // _CHECK_PIXELS
    board = np.array(_CHECKS, np.uint8)[(x + y) % 2]
    below = Image.fromarray(board).convert("RGBA")
    return Image.alpha_composite(below, Image.fromarray(pixels)).convert("RGB")


def _lines(text: str, font: Font, width: int) -> list[str]:
    """Break a text into lines that fit; a word that does not is broken as well."""
    lines = [""]
    for word in _in_font(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def _in_font(text: str) -> str:
    """Replace letters that Pillow's font lacks: accents are dropped, others become "?"."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(
        letter if letter.isascii() else "?" for letter in plain if not unicodedata.combining(letter)
    )
