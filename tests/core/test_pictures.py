"""The safe picture reader: what comes out is upright, small and bare; hostile files are refused, and soon."""

import io
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

from portal.core.pictures import MOST_BYTES, MOST_SCANS, PictureError, read_picture

KINDS = ("JPEG", "PNG", "WEBP")


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """A picture with many colours, whose four corners differ."""
    picture = Image.new("RGB", (width, height))
    points = [(x, y) for y in range(height) for x in range(width)]
    whole = width + height
    picture.putdata([(x * 255 // width, y * 255 // height, (x + y) * 255 // whole) for x, y in points])
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **values: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **values)
    return written.getvalue()


def opened(body: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture


def point_of(body: bytes, x: int, y: int, mode: str = "RGB") -> tuple[int, ...]:
    point = opened(body).convert(mode).getpixel((x, y))
    assert isinstance(point, tuple)
    return point


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of the colours, 0 to 255."""
    assert one.size == other.size
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height * 3)


@contextmanager
def soon(seconds: float = 1.0) -> Iterator[None]:
    """Refused within this processor time."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


# What comes out.


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_picture_comes_out(kind: str) -> None:
    before = drawn()
    found = read_picture(saved(before, kind, **({} if kind == "PNG" else {"quality": 95})))
    after = opened(found.body)
    assert (found.width, found.height, found.media_type) == (60, 40, "image/jpeg")
    assert after.format == "JPEG" and difference(before, after) < 8


def test_a_stream_is_read_like_bytes() -> None:
    body = saved(drawn(), "PNG")
    assert read_picture(io.BytesIO(body)) == read_picture(body)


@pytest.mark.parametrize(("size", "expected"), [((400, 100), (160, 40)), ((100, 400), (40, 160)), ((50, 20), (50, 20))])
@pytest.mark.parametrize("kind", KINDS)
def test_large_pictures_become_smaller(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    found = read_picture(saved(drawn(*size), kind), most_side=160)
    assert (found.width, found.height) == expected == opened(found.body).size


@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("kind", KINDS)
def test_pictures_stand_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    body = saved(drawn(), kind, exif=exif)
    wanted = ImageOps.exif_transpose(opened(body))
    assert difference(wanted, opened(read_picture(body).body)) < 10


def camera_notes() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "PLANTED camera"
    exif[ExifTags.Base.Artist] = "PLANTED artist"
    place = {1: "N", 2: (51.0, 27.0, 41.0), 3: "W", 4: (0.0, 0.0, 48.0), 29: "PLANTED:11:23"}
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(place)
    exif._ifds[ExifTags.IFD.GPSInfo] = place
    return exif


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("few", [False, True], ids=["photo", "drawing"])
def test_nothing_but_the_points_comes_out(kind: str, few: bool) -> None:
    more: dict[str, Any] = {"exif": camera_notes(), "icc_profile": srgb()}
    if kind == "JPEG":
        more["comment"] = b"PLANTED comment"
    if kind == "PNG":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>PLANTED</x:xmpmeta>", zip=False)
        more["pnginfo"].add_text("Comment", "PLANTED text")
    else:
        more["xmp"] = b"<x:xmpmeta>PLANTED</x:xmpmeta>"
    body = saved(Image.new("RGB", (60, 40), "red") if few else drawn(), kind, **more)
    assert body.count(b"PLANTED") >= 3
    assert opened(body).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    found = read_picture(body)
    assert found.media_type == ("image/png" if few else "image/jpeg")
    for mark in (b"PLANTED", b"Exif", b"xmp", b"ICC", b"iCCP", b"tEXt", b"eXIf", b"GPS"):
        assert mark not in found.body, mark
    after = opened(found.body)
    assert dict(after.getexif()) == {} and set(after.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density",
        "progressive", "progression"}  # fmt: skip


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def turned_profile() -> bytes:
    """A profile in which what is written as red is meant as green, and the other way round."""
    return srgb().replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("kind", KINDS)
def test_colours_become_srgb(kind: str) -> None:
    body = saved(Image.new("RGB", (40, 40), (255, 0, 0)), kind, icc_profile=turned_profile())
    red, green, blue = point_of(read_picture(body).body, 20, 20)
    assert green > 230 and red < 40 and blue < 40


@pytest.mark.parametrize("profile", [b"not a profile", srgb()[:200], b"\0" * 200_000, srgb().replace(b"RGB ", b"CMYK")])
def test_a_damaged_profile_is_no_reason_to_refuse(profile: bytes) -> None:
    body = saved(Image.new("RGB", (40, 40), (255, 0, 0)), "JPEG", icc_profile=profile)
    assert point_of(read_picture(body).body, 20, 20)[0] > 240


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_see_through_parts_stay_so(kind: str) -> None:
    before = drawn(mode="RGBA")
    before.putalpha(Image.linear_gradient("L").resize(before.size))
    found = read_picture(saved(before, kind, lossless=True))
    assert found.media_type == "image/png"
    assert opened(found.body).getchannel("A").tobytes() == before.getchannel("A").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "I;16", "RGB", "RGBA"])
def test_every_kind_of_png(mode: str) -> None:
    grey = mode in {"1", "L", "LA", "I;16"}
    if mode == "I;16":
        source = Image.new("I;16", (40, 40), 0x8000)
    elif mode == "PA":
        source = drawn(mode="RGBA").quantize(16)
    else:
        source = drawn(mode="L").convert(mode) if mode == "LA" else drawn().convert(mode)
    body = read_picture(saved(source, "PNG")).body
    found = opened(body)
    assert found.size == source.size
    if mode == "I;16":
        assert abs(point_of(body, 5, 5)[0] - 128) <= 1
    elif mode != "PA":
        assert difference(source.convert("L" if grey else "RGB"), found) < 12


def test_a_see_through_colour_of_a_palette() -> None:
    source = Image.new("P", (10, 10))
    source.putpalette([255, 0, 0, 0, 255, 0])
    source.paste(1, (0, 0, 5, 10))
    body = read_picture(saved(source, "PNG", transparency=1)).body
    assert point_of(body, 1, 1, "RGBA")[3] == 0 and point_of(body, 8, 8, "RGBA") == (255, 0, 0, 255)


def test_cmyk() -> None:
    found = read_picture(saved(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = point_of(found.body, 20, 20)
    assert red > 200 and green < 60 and blue < 60


def test_a_photo_with_a_second_frame_is_still_one() -> None:
    body = saved(drawn(), "MPO", save_all=True, append_images=[drawn(30, 20)])
    assert Image.open(io.BytesIO(body)).format == "MPO"
    assert read_picture(body).width == 60


# What is refused.


def assert_refused(body: bytes, reason: str) -> None:
    with soon(), pytest.raises(PictureError, match=reason) as caught:
        read_picture(body)
    assert str(caught.value).endswith(".") and "Error" not in str(caught.value)


def zipped(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, "PLANTED")
    return written.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xd8",
        b"plain text",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"GIF89a" + b"\0" * 100,
        saved(drawn(), "GIF"),
        saved(drawn(), "BMP"),
        saved(drawn(), "TIFF"),
        saved(drawn(), "ICO"),
        saved(drawn(), "JPEG2000"),
        saved(drawn(), "PPM"),
        zipped("picture.jpg"),
        b" " + saved(drawn(), "JPEG"),
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x1cftypavif",
    ],
    # An archive's first bytes hold the time at which it was made.
    ids=lambda body: repr(body[:8]),
)
def test_other_kinds_are_refused_whatever_they_are_called(body: bytes) -> None:
    assert_refused(body, "not a JPEG, PNG or WebP")


@pytest.mark.parametrize("kind", KINDS)
def test_what_hangs_behind_a_picture_is_left_behind(kind: str) -> None:
    """A file that is a picture and an archive or a page at once comes out as a picture only."""
    body = saved(drawn(), kind) + zipped("PLANTED.html") + b"<script>alert('PLANTED')</script><?php PLANTED ?>"
    found = read_picture(body)
    assert b"PLANTED" not in found.body and b"<script" not in found.body and b"PK" not in found.body[-200:]


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, content: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + content + chunk(b"IDAT", zlib.compress(b"\0" * 5000)) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    body = saved(Image.new("L", (16, 16)), "JPEG")
    start = body.index(b"\xff\xc0") + 5
    return body[:start] + struct.pack(">HH", height, width) + body[start + 4 :]


def webp_of(width: int, height: int) -> bytes:
    flags = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    simple = saved(drawn(16, 16), "WEBP")[12:]
    inner = b"WEBPVP8X" + struct.pack("<I", 10) + flags + simple
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def webp_lossless_of(width: int, height: int) -> bytes:
    body = saved(drawn(16, 16), "WEBP", lossless=True)
    return body[:21] + struct.pack("<I", (width - 1) | (height - 1) << 14) + body[25:]


@pytest.mark.parametrize("size", [(4473, 4472), (30_000, 30_000), (65_000, 65_000), (1, 20_000_001)])
def test_bombs_are_refused_before_they_unfold(size: tuple[int, int]) -> None:
    assert_refused(png(*size), "20 million")
    if max(size) <= 65_000:
        assert_refused(jpeg_of(*size), "20 million")
    assert_refused(webp_of(*size) if max(size) < 2**24 else png(*size), "20 million")
    if max(size) <= 16_383:
        assert_refused(webp_lossless_of(*size), "20 million")


def test_a_bomb_of_flat_colour() -> None:
    """A real file of a hundred million points, small as it is."""
    body = saved(Image.new("1", (10_000, 10_000)), "PNG")
    assert len(body) < 50_000
    assert_refused(body, "20 million")


def test_text_that_unfolds() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 50_000_000, 9))
    assert_refused(png(20, 20, text * 40), "damaged")


def scans(count: int, side: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, each over the whole picture."""
    body = saved(Image.new("L", (side, side), 100), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xda")
    return body[:last] + body[last:-2] * (count - body.count(b"\xff\xda") + 1) + body[-2:]


def test_many_scans() -> None:
    body = scans(5_000, 4_400)
    assert len(body) < MOST_BYTES
    assert_refused(body, "unusual way")
    with soon(3):
        read_picture(scans(MOST_SCANS, 4_400))


def test_too_many_bytes_are_not_even_read() -> None:
    assert_refused(saved(drawn(), "JPEG") + b"\0" * MOST_BYTES, "10 MB")

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= MOST_BYTES + 1
            return b"\xff\xd8\xff" + b"\0" * (size - 3)

    with soon(), pytest.raises(PictureError, match="10 MB"):
        read_picture(Endless())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), (number, 0, 0)) for number in range(0, 250, 10)]
    assert_refused(saved(frames[0], kind, save_all=True, append_images=frames[1:]), "moving")


def test_a_moving_picture_that_claims_many_frames() -> None:
    assert_refused(png(20, 20, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), "moving|damaged")


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off_files(kind: str) -> None:
    body = saved(drawn(200, 150), kind)
    for end in range(12, len(body) * 9 // 10, max(1, len(body) // 60)):
        with pytest.raises(PictureError, match=r"damaged|not a JPEG"):
            read_picture(body[:end])


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_raise_nothing_else(kind: str, proof) -> None:
    count = proof(f"damaged {kind} pictures", sample=150, full=5_000)
    chance = random.Random(f"{kind} 2026")
    body = saved(drawn(), kind, exif=camera_notes(), icc_profile=srgb())
    refusals = 0
    for _ in range(count):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(12, min(len(body), chance.choice((60, 400, len(body)))))] = chance.randrange(256)
        try:
            with soon():
                found = read_picture(bytes(damaged))
        except PictureError:
            refusals += 1
        else:
            assert found.width * found.height <= 1600 * 1600
    assert refusals > 0
