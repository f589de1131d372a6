"""The comparison of pictures notices what a person would, and no more."""

from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from .pictures import SHARE_MOST, measure_difference

BOARD = Image.open(Path(__file__).parents[3] / "docs" / "images" / "board.png").convert("RGB")


def test_the_same_picture_and_one_that_is_moved_by_a_pixel_are_alike() -> None:
    assert measure_difference(BOARD, BOARD) == 0
    assert measure_difference(BOARD, ImageChops.offset(BOARD, 1, 0)) <= SHARE_MOST


def test_a_missing_card_another_colour_and_another_size_are_noticed() -> None:
    without = BOARD.copy()
    ImageDraw.Draw(without).rectangle((0, 215, 750, 355), fill="white")
    assert measure_difference(BOARD, without) > SHARE_MOST
    red, green, blue = BOARD.split()
    assert measure_difference(BOARD, Image.merge("RGB", (blue, green, red))) > SHARE_MOST
    assert measure_difference(BOARD, BOARD.resize((750, 520))) > SHARE_MOST
