import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageFile

from digitrec.errors import ImageError
from digitrec.imaging.files import decode
from digitrec.imaging.files.decode import decode_color, decode_drawing, decode_image
from tests.support.hostile import progressive_jpeg, with_text
from tests.support.pictures import drawing_png, encode_image, photo


def test_drawing_keeps_its_size_and_bright_ink():
    ink, steps = decode_drawing(drawing_png(7))

    assert ink.shape == (280, 280)
    assert ink.dtype == np.uint8
    assert ink.max() == 255
    assert ink[0, 0] == 0
    assert [step.name for step in steps] == ["Drawing"]


def test_text_in_a_drawing_is_not_unpacked():
    np.testing.assert_array_equal(decode_drawing(with_text(drawing_png(7)))[0], decode_drawing(drawing_png(7))[0])


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF"])
def test_every_format_decodes_to_grayscale_with_two_steps(file_format):
    image = Image.new("RGB", (40, 30), (200, 200, 200))

    gray, steps = decode_image(encode_image(image, file_format))

    assert gray.shape == (30, 40)
    assert np.all(np.abs(gray.astype(int) - 200) <= 2)
    assert [step.name for step in steps] == ["Input", "Grayscale"]
    assert steps[0].reason == f"{file_format}, 40×30 pixels"


@pytest.mark.parametrize("mode", ["L", "1", "P", "I;16"])
def test_exif_orientation_is_applied(mode):
    image = Image.new("L", (40, 30), 255)
    image.paste(0, (0, 0, 40, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise

    gray, _ = decode_image(encode_image(image.convert(mode), "PNG", exif=exif))

    assert gray.shape == (40, 30)
    assert gray[:, -1].max() == 0
    assert gray[:, 0].min() == 255


@pytest.mark.parametrize(("ink", "background"), [(0, 255), (255, 0)])
def test_transparency_becomes_the_opposite_of_the_ink(ink, background):
    image = Image.new("RGBA", (20, 20), (ink, ink, ink, 0))
    image.paste((ink, ink, ink, 255), (5, 5, 15, 15))

    gray, _ = decode_image(encode_image(image))

    assert gray[10, 10] == ink
    assert gray[0, 0] == background


def test_sixteen_bit_images_keep_their_contrast():
    deep = np.full((20, 20), 60000, np.uint16)
    deep[5:15, 5:15] = 20000

    gray, _ = decode_image(encode_image(Image.fromarray(deep)))

    assert gray[0, 0] == 255
    assert gray[10, 10] == 0


def test_nan_pixels_are_ignored():
    deep = np.full((20, 20), 1e5, np.float32)
    deep[5:15, 5:15] = -1e5
    deep[0, 0], deep[0, 1], deep[0, 2] = np.nan, np.inf, -np.inf

    gray, _ = decode_image(encode_image(Image.fromarray(deep), "TIFF"))

    assert gray[19, 19] == 255
    assert gray[10, 10] == 0


def test_large_image_is_reduced_to_1000_pixels():
    gray, steps = decode_image(encode_image(Image.new("L", (3000, 1500), 255), "JPEG"))

    assert gray.shape == (500, 1000)
    assert "3000×1500" in steps[0].reason


@pytest.mark.parametrize("data", [b"digits", drawing_png(7)[:400], b"%PDF-1.7", b"<svg/>", b"PK\x03\x04", bytes(99)])
def test_non_images_are_rejected_with_a_message(data):
    with pytest.raises(ImageError, match=r"(Unsupported file type|damaged).*\.") as caught:
        decode_image(data)
    assert caught.value.reason in ("not_a_picture", "damaged")


def test_empty_file_is_called_empty():
    with pytest.raises(ImageError, match=r"This file is empty\."):
        decode_image(b"")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_incomplete_file_is_damaged_rather_than_unsupported(file_format, share):
    data = encode_image(photo(7), file_format)

    with pytest.raises(ImageError, match="damaged") as caught:
        decode_image(data[: int(len(data) * share)])
    assert caught.value.reason == "damaged"


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "I", "I;16", "I;16B", "F"]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_keeps_dark_ink_dark(mode):
    picture = Image.new("L", (1200, 600), 240)
    picture.paste(10, (500, 200, 700, 400))
    picture = picture.convert("I").convert(mode) if mode.startswith("I;") else picture.convert(mode)

    gray, _ = decode_image(encode_image(picture, "TIFF"))

    assert gray.shape == (500, 1000)
    assert int(gray[250, 500]) + 150 < gray[10, 10]


def test_thin_strokes_of_one_bit_scans_survive_downscaling():
    scan = Image.new("1", (4000, 4000), 1)
    scan.paste(0, (2000, 500, 2004, 3500))

    gray, _ = decode_image(encode_image(scan))

    assert gray[500].min() < 50


def test_first_frame_of_an_animation_is_used():
    frames = [Image.new("L", (40, 40), value) for value in (200, 20)]

    gray, _ = decode_image(encode_image(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert abs(int(gray[5, 5]) - 200) < 3


def test_jpeg_file_with_several_pictures_is_a_jpeg_file():
    picture = Image.new("RGB", (40, 30), (200, 200, 200))

    _, steps = decode_image(encode_image(picture, "MPO", save_all=True, append_images=[picture]))

    assert steps[0].reason == "JPEG, 40×30 pixels"


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "GIF"])
def test_decompression_bomb_is_rejected_before_decoding(file_format, monkeypatch):
    options = {"TIFF": {"compression": "tiff_deflate"}, "WEBP": {"method": 0}}.get(file_format, {})
    bomb = encode_image(Image.new("L", (2_400, 2_400)), file_format, **options)

    def load(*_):
        raise AssertionError("The bomb was decoded.")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(ImageError, match="at most 5 megapixels"):
        decode_color(bomb, max_pixels=5_000_000)


def test_large_drawing_is_rejected_before_it_is_opened():
    with pytest.raises(ImageError, match="larger than any canvas"):
        decode_drawing(bytes(2**20 + 1))


def test_jpeg_with_many_scans_is_rejected_before_decoding(monkeypatch):
    file = progressive_jpeg(51, megapixels=0.5)
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)

    with pytest.raises(ImageError, match="takes too long to open") as caught:
        decode_image(file)
    assert caught.value.reason == "too_complex"


def test_only_scans_of_the_image_itself_count():
    thumbnails = progressive_jpeg(60, megapixels=0.0001)
    picture = Image.new("L", (800, 600), 200)
    plain = encode_image(picture, "JPEG", progressive=True, comment=thumbnails) + thumbnails

    gray, _ = decode_image(plain)

    assert np.all(np.abs(gray.astype(int) - 200) <= 2)


@pytest.mark.parametrize("size", [(30_000, 1), (1, 30_000), (510, 10)])
def test_very_narrow_image_is_rejected(size):
    with pytest.raises(ImageError, match="too narrow") as caught:
        decode_image(encode_image(Image.new("L", size)))
    assert caught.value.reason == "too_narrow"


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 40)])
def test_tiny_images_are_accepted(size):
    assert decode_image(encode_image(Image.new("L", size, 7)))[0].shape == size[::-1]


def test_drawing_larger_than_any_canvas_is_rejected():
    with pytest.raises(ImageError, match="larger than any canvas"):
        decode_drawing(encode_image(Image.new("1", (9000, 9000))))


def test_drawing_with_more_bytes_than_any_canvas_is_rejected():
    with pytest.raises(ImageError, match="larger than any canvas"):
        decode_drawing(drawing_png(7) + bytes(2**20))


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF"])
def test_drawing_is_always_a_png(file_format):
    with pytest.raises(ImageError, match="Unsupported file type"):
        decode_drawing(encode_image(Image.new("RGB", (280, 280)), file_format))


def test_damaged_drawing_is_rejected():
    with pytest.raises(ImageError, match="damaged"):
        decode_drawing(drawing_png(7)[:-400])


def test_too_large_file_is_rejected_before_decoding():
    with pytest.raises(ImageError, match="at most 10 MB"):
        decode_image(bytes(decode.MAX_BYTES + 1))


def test_image_with_too_many_pixels_is_rejected():
    with pytest.raises(ImageError, match="at most 50 megapixels"):
        decode_image(encode_image(Image.new("1", (8000, 8000))))


@pytest.mark.parametrize(("ink", "paper"), [("yellow", "white"), ("blue", "black"), ("#c00000", "#006600")])
def test_ink_of_similar_brightness_is_found_by_its_color(ink, paper):
    picture = Image.new("RGB", (60, 60), paper)
    picture.paste(ink, (20, 20, 40, 40))

    gray, steps = decode_image(encode_image(picture))

    assert abs(int(gray[30, 30]) - int(gray[5, 5])) > 80
    assert steps[1].reason


def test_large_16_bit_images_use_little_memory():
    deep = np.full((2500, 3000), 60_000, np.uint16)
    deep[500:2000, 1000:1250] = 1000

    tracemalloc.start()
    gray, _ = decode_image(encode_image(Image.fromarray(deep)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert gray.shape == (833, 1000)
    assert gray[400, 370] < 30 < 220 < gray[10, 10]
    # Pillow makes two copies of 15 MB; converting all of it to 32 bits would take 30 MB more.
    assert peak < 38 * 2**20
