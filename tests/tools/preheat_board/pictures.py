"""Compares a screenshot with a checked-in one. Fonts and browsers differ a little, so a tolerance applies."""

import io
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

COLOURS = 256  # a palette keeps the checked-in pictures small
APART, SHARE_MOST = 12, 0.025  # a pixel differs by more than this; of all pixels, this many may


def measure_difference(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that differ, after a blur that hides the edges of letters."""
    if one.size != other.size:
        return 1.0
    blurred = [each.convert("RGB").filter(ImageFilter.GaussianBlur(3)) for each in (one, other)]
    red, green, blue = ImageChops.difference(*blurred).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue).point(lambda value: 255 * (value > APART))
    return float(apart.histogram()[255] / (one.width * one.height))


def compare_picture(path: Path, shot: bytes, *, update: bool) -> None:
    """Compare a screenshot with a checked-in picture; `update` writes the picture instead."""
    taken = Image.open(io.BytesIO(shot))
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        taken.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
    share = measure_difference(Image.open(path), taken)
    assert share <= SHARE_MOST, f"{share:.1%} of {path.name} differs; if it should, run pytest with --update-golden"
