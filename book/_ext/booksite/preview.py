"""Draws what stands for the book elsewhere: its picture in shared links, and its icon where no SVG is read.

Both hold the same three bars as `favicon.svg`, a wide, a narrower and a thin layer; the letters are the book's own. No
picture is kept: the same title always gives the same bytes.
"""

import io
import re
import textwrap
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from . import ASSETS

SIZE = (1200, 630)    # what the networks that show previews ask for
ROOM = 640    # pixels of a line, left of the bars
PAPER, INK, MUTED = "#fdfcf9", "#191713", "#5c5850"
BAR = re.compile(r'fill="(#\w+)" d="M(\d+) (\d+)h(\d+)v(\d+)')


def bars() -> list[tuple[str, tuple[int, int, int, int]]]:
    """Colour and corners of each bar of the icon, on a square of 32."""
    found = BAR.findall((ASSETS / "favicon.svg").read_text("utf-8"))
    return [(colour, (x, y, x + w, y + h)) for colour, *rest in found for x, y, w, h in [map(int, rest)]]


def icon(side: int) -> Image.Image:
    """The icon, `side` pixels wide: drawn four times as large and made smaller, so that its corners are smooth."""
    scale = 4 * side / 32
    picture = Image.new("RGBA", (4 * side, 4 * side))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, 4 * side - 1, 4 * side - 1), 6 * scale, PAPER)
    for colour, corners in bars():
        left, top, right, bottom = (round(scale * place) for place in corners)
        draw.rectangle((left, top, right - 1, bottom - 1), colour)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face of the book; its file is unpacked first, since Pillow reads no woff2."""
    font, unpacked = TTFont(ASSETS / "fonts" / f"{name}.woff2"), io.BytesIO()
    font.flavor = None
    font.save(unpacked)
    unpacked.seek(0)
    return ImageFont.truetype(unpacked, size)


def card(title: str, below: str) -> Image.Image:
    """The picture of a shared link: title, a line below it, and the bars."""
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    for colour, (left, top, right, bottom) in bars():
        draw.rectangle((740 + 14 * left, 91 + 14 * top, 739 + 14 * right, 90 + 14 * bottom), colour)
    lines, more = textwrap.wrap(title, 16)[:4], textwrap.wrap(below, 36)[:3]
    faces = [_face("literata-600-normal", size) for size in (84, 72, 60, 48, 36)]
    face = next((face for face in faces if max(map(face.getlength, lines)) < ROOM), faces[-1])
    y = (SIZE[1] - 96 * len(lines) - 24 - 46 * len(more)) // 2
    for line in lines:
        draw.text((72, y), line, INK, face)
        y += 96
    face = _face("literata-400-normal", 34)
    draw.multiline_text((74, y + 24), "\n".join(more), MUTED, face, spacing=12)
    return picture


def write(static: Path, title: str, below: str) -> None:
    """The pictures, into the site's static files."""
    card(title, below).save(static / "preview.png", optimize=True)
    icon(180).save(static / "touch-icon.png", optimize=True)
    icon(32).save(static / "favicon.ico", sizes=[(16, 16), (32, 32)])
