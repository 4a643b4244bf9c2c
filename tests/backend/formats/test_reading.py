"""Reading pictures of every kind of file."""

import contextlib
import io
import os
import shutil
import struct
import tracemalloc
import zipfile
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from fuzzing.targets import with_right_checksums
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.reading import read_mask, read_picture
from layerpeel.backend.formats.tiff import encode_tiff
from layerpeel.backend.image import array_of
from layerpeel.shared.protocol import ColourModel, Depth

RANDOM = np.random.default_rng(5)


def saved(path, pixels, **options):
    Image.fromarray(pixels).save(path, **options)
    return path


def read(path):
    return array_of(read_picture(path).picture.pixels)


def with_chunk(png, name, content):
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + struct.pack(">I", len(content)) + name + content + checksum + png[33:]


@pytest.fixture
def pixels():
    return RANDOM.integers(0, 256, (13, 17, 4), np.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_depth_and_model(tmp_path, channels, dtype):
    full = np.iinfo(dtype).max
    written = RANDOM.integers(0, full + 1, (9, 7, channels)).astype(dtype)
    path = tmp_path / "picture.png"
    path.write_bytes(imagecodecs.png_encode(written[..., 0].copy() if channels == 1 else written))
    picture = read_picture(path).picture
    array = array_of(picture.pixels)
    assert picture.pixels.model is (ColourModel.GRAYA if channels < 3 else ColourModel.RGBA)
    assert picture.pixels.depth is (Depth.U8 if dtype is np.uint8 else Depth.U16)
    if channels in (1, 3):
        assert (array[..., -1] == full).all()
        array = array[..., :-1]
    assert np.array_equal(array, written)


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_lossless_kinds_of_rgba(tmp_path, pixels, kind, srgb_profile):
    options = {"lossless": True, "exact": True} if kind == "webp" else {}
    path = saved(tmp_path / f"picture.{kind}", pixels, icc_profile=srgb_profile, **options)
    result = read_picture(path)
    assert np.array_equal(array_of(result.picture.pixels), pixels)
    assert result.picture.icc_profile == srgb_profile
    assert result.notes == ()


def test_bmp_and_jpeg_and_gif(tmp_path, pixels):
    rgb = pixels[..., :3]
    assert np.array_equal(read(saved(tmp_path / "a.bmp", rgb))[..., :3], rgb)
    smooth = np.full((16, 16, 3), (200, 90, 30), np.uint8)
    jpeg = read(saved(tmp_path / "a.jpg", smooth, quality=95))
    assert np.abs(jpeg[..., :3].astype(int) - smooth).max() <= 3
    assert read_picture(saved(tmp_path / "g.jpg", smooth[..., 0])).picture.pixels.model == "GRAYA"
    first, second = (Image.new("RGB", (8, 6), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    result = read_picture(tmp_path / "a.gif")
    assert (array_of(result.picture.pixels) == (255, 0, 0, 255)).all()
    assert "first one was read" in result.notes[0]


def test_content_counts_and_not_the_ending(tmp_path, pixels):
    path = saved(tmp_path / "picture.jpg", pixels, format="PNG")
    assert np.array_equal(read(path), pixels)


def test_palette_with_transparency(tmp_path):
    palette = Image.new("P", (4, 1))
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    palette.putdata([0, 1, 2, 1])
    palette.save(tmp_path / "p.png", transparency=bytes([255, 128, 0]))
    expected = [[[255, 0, 0, 255], [0, 255, 0, 128], [0, 0, 255, 0], [0, 255, 0, 128]]]
    assert read(tmp_path / "p.png").tolist() == expected
    palette.save(tmp_path / "p.gif", transparency=1)
    assert read(tmp_path / "p.gif")[0, :, 3].tolist() == [255, 0, 255, 0]


def test_a_transparent_colour_of_16_bits(tmp_path):
    grey = np.array([[1000, 2000], [3000, 1000]], np.uint16)
    png = with_chunk(imagecodecs.png_encode(grey), b"tRNS", struct.pack(">H", 1000))
    (tmp_path / "g.png").write_bytes(png)
    assert read(tmp_path / "g.png")[..., 1].tolist() == [[0, 65535], [65535, 0]]


def test_one_bit_becomes_grey(tmp_path):
    Image.new("1", (9, 5), 1).save(tmp_path / "bits.png")
    assert (read(tmp_path / "bits.png") == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "png16", "tiff16"])
def test_exif_orientation(tmp_path, orientation, kind):
    raw = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 7
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / kind
    if kind == "tiff16":
        tag = (0x0112, 3, 1, orientation, True)
        tifffile.imwrite(path, raw.astype(np.uint16), photometric="rgb", extratags=[tag])
    elif kind == "png16":
        content = exif.tobytes().removeprefix(b"Exif\0\0")
        png = imagecodecs.png_encode(raw.astype(np.uint16))
        path.write_bytes(with_chunk(png, b"eXIf", content))
    else:
        saved(path, raw, format=kind, exif=exif, **({"lossless": True} if kind == "webp" else {}))
    # EXIF says where the raw row 0 and column 0 lie in the upright picture.
    upright = {
        1: raw,
        2: raw[:, ::-1],
        3: raw[::-1, ::-1],
        4: raw[::-1],
        5: raw.transpose(1, 0, 2),
        6: raw.transpose(1, 0, 2)[:, ::-1],
        7: raw.transpose(1, 0, 2)[::-1, ::-1],
        8: raw.transpose(1, 0, 2)[::-1],
    }[orientation]
    assert np.array_equal(read(path)[..., :3], upright)


@pytest.mark.parametrize("model", list(ColourModel))
@pytest.mark.parametrize("depth", list(Depth))
def test_tiff_keeps_every_depth(tmp_path, random_pixels, depth, model, srgb_profile, grey_profile):
    profile = srgb_profile if model is ColourModel.RGBA else grey_profile
    written = random_pixels(depth, model, 19, 11)
    (tmp_path / "a.tif").write_bytes(encode_tiff(written, profile))
    picture = read_picture(tmp_path / "a.tif").picture
    assert (picture.pixels.depth, picture.pixels.model) == (depth, model)
    assert picture.pixels.data == written.tobytes()
    assert picture.icc_profile == profile


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_tiff_layouts(tmp_path, byteorder, planar, compression):
    written = RANDOM.integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif",
        written if planar == "contig" else np.moveaxis(written, -1, 0),
        byteorder=byteorder,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        tile=(16, 16),
    )
    assert np.array_equal(read(tmp_path / "a.tif")[..., :3], written)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
def test_associated_alpha_is_un_premultiplied(tmp_path, dtype):
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    straight = np.array([[[0.75, 0.5, 0.25, 0.5], [0.9, 0.9, 0.9, 0]]])
    premultiplied = straight.copy()
    premultiplied[..., :3] *= straight[..., 3:]
    stored = np.rint(premultiplied * full) if full > 1 else premultiplied
    tifffile.imwrite(
        tmp_path / "a.tif", stored.astype(dtype), photometric="rgb", extrasamples=["assocalpha"]
    )
    got = read(tmp_path / "a.tif") / full
    np.testing.assert_allclose(got[0, 0], straight[0, 0], atol=1 / 128 if full == 255 else 1e-3)
    assert (got[0, 1] == 0).all()


def test_tiff_white_is_zero_and_extra_channels_and_pages(tmp_path):
    grey = RANDOM.integers(0, 65536, (4, 6)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "w.tif", grey, photometric="miniswhite")
    assert np.array_equal(read(tmp_path / "w.tif")[..., 0], 65535 - grey)
    five = RANDOM.integers(0, 256, (4, 6, 5), np.uint8)
    extra = ["unspecified", "unassalpha"]
    options = {"photometric": "rgb", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "x.tif", five, extrasamples=extra, **options)
    result = read_picture(tmp_path / "x.tif")
    assert np.array_equal(array_of(result.picture.pixels), five[..., [0, 1, 2, 4]])
    assert "left out" in result.notes[0]
    two = RANDOM.integers(0, 256, (2, 4, 6), np.uint8)
    tifffile.imwrite(tmp_path / "2.tif", two, photometric="minisblack")
    result = read_picture(tmp_path / "2.tif")
    assert np.array_equal(array_of(result.picture.pixels)[..., 0], two[0])
    assert "first one was read" in result.notes[0]


def test_tiff_of_other_numbers(tmp_path):
    tifffile.imwrite(tmp_path / "d.tif", np.full((3, 4), 0.1))
    result = read_picture(tmp_path / "d.tif")
    assert (result.picture.pixels.depth, "rounded" in result.notes[0]) == (Depth.F32, True)
    tifffile.imwrite(tmp_path / "i.tif", np.ones((3, 4), np.int32))
    with pytest.raises(BadInputError, match=r"int32.*save it as"):
        read_picture(tmp_path / "i.tif")


def test_cmyk_and_lab_are_converted_and_that_is_said(tmp_path, srgb_profile):
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    for options in ({}, {"icc_profile": srgb_profile}):  # none, and one that cannot be meant
        cmyk.save(tmp_path / "c.jpg", quality=95, **options)
        result = read_picture(tmp_path / "c.jpg")
        red = array_of(result.picture.pixels)[0, 0]
        assert red[0] > 240
        assert red[1:3].max() < 15
        assert result.picture.icc_profile == b""
        assert "CMYK" in result.notes[0]
    Image.new("LAB", (8, 8), (255, 128, 128)).save(tmp_path / "l.tif")
    result = read_picture(tmp_path / "l.tif")
    assert array_of(result.picture.pixels)[0, 0, :3].min() > 250
    assert result.notes == ("Lab was converted to 8-bit sRGB.",)


def test_a_profile_that_does_not_fit_is_left_out_and_that_is_said(tmp_path, pixels, srgb_profile):
    path = saved(tmp_path / "g.png", pixels[..., 0], icc_profile=srgb_profile)
    result = read_picture(path)
    assert result.picture.icc_profile == b""
    assert "is for RGB, but the pixels are grey" in result.notes[0]
    (tmp_path / "b.png").write_bytes(encode_png(pixels, b"broken"))
    assert "is broken" in read_picture(tmp_path / "b.png").notes[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["painting.kra", "painting.ora"])
def test_krita_and_openraster_through_their_flattened_copy(tmp_path, name, dtype, srgb_profile):
    written = RANDOM.integers(0, np.iinfo(dtype).max + 1, (6, 5, 4)).astype(dtype)
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("mimetype", "application/x-krita")
        archive.writestr("mergedimage.png", encode_png(written, srgb_profile))
    result = read_picture(tmp_path / name)
    assert np.array_equal(array_of(result.picture.pixels), written)
    assert result.picture.icc_profile == srgb_profile
    assert "flattened copy" in result.notes[0]


def refusal(path):
    with pytest.raises(BadInputError) as caught:
        read_picture(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_what_is_no_picture_is_refused(tmp_path, pixels):
    text = tmp_path / "text.png"
    text.write_text("This is no picture at all, only some words.")
    assert "not a picture" in refusal(text)
    (tmp_path / "empty.png").touch()
    assert "empty" in refusal(tmp_path / "empty.png")
    assert "folder" in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "missing.png")
    assert "cannot be used" in refusal(text / "below-a-file.png")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "words")
    assert "mergedimage.png" in refusal(tmp_path / "other.zip")
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a file" in refusal(tmp_path / "pipe.png")
    if os.geteuid() != 0:
        path = saved(tmp_path / "secret.png", pixels)
        path.chmod(0)
        assert "may not" in refusal(path)


def header_only_png(width, height, bits):
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    pieces = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n"
    for name, content in pieces:
        png += struct.pack(">I", len(content)) + name + content
        png += struct.pack(">I", zlib.crc32(name + content))
    return png


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("size", [(15_000, 15_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path, recwarn, bits, size):
    (tmp_path / "bomb.png").write_bytes(header_only_png(*size, bits))
    assert "more than the 100,000,000 that are read" in refusal(tmp_path / "bomb.png")
    assert not recwarn.list


def test_how_many_pixels_are_read_can_be_chosen(tmp_path, pixels):
    path = saved(tmp_path / "picture.png", pixels)
    assert read_picture(path, 13 * 17).picture.pixels.width == 17
    with pytest.raises(BadInputError, match=r"17 × 13 pixels, more than the 220 .*--max-pixels"):
        read_picture(path, 13 * 17 - 1)


@pytest.fixture
def taken():
    """How many bytes were taken at most inside the `with`."""

    @contextlib.contextmanager
    def measure(most):
        tracemalloc.start()
        try:
            yield
            assert tracemalloc.get_traced_memory()[1] < most
        finally:
            tracemalloc.stop()

    return measure


def packed(path, png, declared=None):
    """Write an .ora whose flattened copy is said to have `declared` bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mergedimage.png", png)
    if declared is not None:
        data = path.read_bytes().replace(struct.pack("<I", len(png)), struct.pack("<I", declared))
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("declared", [1000, None])
def test_an_archive_takes_no_more_than_its_picture_can_have(tmp_path, taken, pixels, declared):
    png = saved(tmp_path / "small.png", pixels).read_bytes() + bytes(200_000_000)
    path = packed(tmp_path / "bomb.ora", png, declared)
    assert path.stat().st_size < 1_000_000
    with taken(100_000_000):
        assert "cannot be used" in refusal(path)


def test_a_flattened_copy_is_no_larger_than_may_be_read(tmp_path, taken):
    path = packed(tmp_path / "wide.ora", header_only_png(20_000, 20_000, 8))
    with taken(1_000_000):
        assert "more than the 100,000,000" in refusal(path)


def test_a_strip_takes_no_more_than_it_can_have(tmp_path, taken):
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((64, 64), np.uint8), compression="zlib", metadata=None)
    page = tifffile.TiffFile(io.BytesIO(file.getvalue())).pages.first
    data, bomb = bytearray(file.getvalue()), zlib.compress(bytes(200_000_000))
    for tag, value in [("StripOffsets", len(data)), ("StripByteCounts", len(bomb))]:
        struct.pack_into("<I", data, page.tags[tag].valueoffset, value)
    (tmp_path / "bomb.tiff").write_bytes(bytes(data) + bomb)
    with taken(10_000_000):
        assert "broken or cut short" in refusal(tmp_path / "bomb.tiff")


def test_a_mask_of_another_size_is_not_decoded(tmp_path, taken):
    path = saved(tmp_path / "mask.png", np.zeros((9000, 9000), np.uint8))
    with taken(10_000_000), pytest.raises(BadInputError, match=r"9000 × 9000 .* 20 × 10"):
        read_mask(path, (20, 10))


def test_nothing_to_see_is_refused(tmp_path):
    (tmp_path / "zero.png").write_bytes(header_only_png(0, 5, 8))
    (tmp_path / "deep.png").write_bytes(header_only_png(5, 0, 16))
    refusal(tmp_path / "zero.png")
    refusal(tmp_path / "deep.png")


@pytest.fixture(scope="module")
def whole_files(srgb_profile):
    """Files of every kind, with what parsers fail on: profiles, EXIF, compression."""
    pixels = RANDOM.integers(0, 256, (40, 50, 4), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {}
    for kind, mode in [
        ("PNG", "RGBA"),
        ("JPEG", "RGB"),
        ("WEBP", "RGBA"),
        ("BMP", "RGB"),
        ("GIF", "P"),
        ("TIFF", "P"),
    ]:
        file = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(file, kind, exif=exif, icc_profile=srgb_profile)
        files[kind] = file.getvalue()
    files["PNG 16"] = encode_png(pixels.astype(np.uint16) * 257, srgb_profile)
    files["TIFF float"] = encode_tiff(pixels.astype(np.float32) / 255, srgb_profile)
    for compression in (None, "lzw"):
        file = io.BytesIO()
        deep = pixels[..., :3].astype(np.uint16)
        tifffile.imwrite(file, deep, photometric="rgb", compression=compression)
        files[f"TIFF 16 {compression}"] = file.getvalue()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mergedimage.png", files["PNG"])
    files["ORA"] = file.getvalue()
    return files


def test_half_a_file_is_refused(tmp_path, whole_files):
    for kind, data in whole_files.items():
        path = tmp_path / kind
        path.write_bytes(data)
        read_picture(path)
        for share in (0.1, 0.5, 0.9):
            path.write_bytes(data[: int(len(data) * share)])
            assert "cannot be used" in refusal(path), (kind, share)


def test_broken_bytes_are_refused_or_survived(tmp_path, whole_files):
    random = np.random.default_rng(11)
    for kind, data in whole_files.items():
        path = tmp_path / kind
        for _ in range(60):
            broken = bytearray(data[: random.integers(1, len(data) + 1)])
            # Parsers mostly fail on headers, so most of the damage is there.
            for at in random.integers(0, min(len(broken), 400), random.integers(0, 6)):
                broken[at] = random.integers(256)
            path.write_bytes(broken)
            with contextlib.suppress(BadInputError):
                read_picture(path)
    shutil.rmtree(tmp_path)


def test_a_deep_png_without_pixels_is_refused(tmp_path):
    png = bytearray(imagecodecs.png_encode(np.zeros((4, 4, 4), np.uint16)))
    png[37:41] = b"MDAT"
    path = tmp_path / "odd.png"
    path.write_bytes(with_right_checksums(bytes(png)))
    assert "broken or cut short" in refusal(path)


def test_a_tiff_with_strips_of_next_to_no_rows_is_refused(tmp_path):
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((8, 8), np.uint16), byteorder="<", metadata=None)
    tiff = bytearray(file.getvalue())
    rows_per_strip, double = 278, 12
    (tags,) = struct.unpack_from("<I", tiff, 4)
    at = tiff.index(struct.pack("<H", rows_per_strip), tags)
    struct.pack_into("<HHII", tiff, at, rows_per_strip, double, 1, len(tiff))
    path = tmp_path / "odd.tiff"
    path.write_bytes(bytes(tiff) + struct.pack("<d", 5e-324))
    assert "broken or cut short" in refusal(path)
