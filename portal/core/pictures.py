"""The one way in which a picture that somebody sends comes into this site: looked at, turned upright, drawn anew.

What goes in is judged by its content, never by its name. What comes out holds nothing but the colours of its points:
no place where it was taken, no camera, no other file behind it.
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageCms

MOST_BYTES = 10 * 1024 * 1024
TOO_LARGE = "The picture is larger than 10 MB. Send a smaller one."
MOST_PIXELS = 20_000_000
# A JPEG whose many scans each cover the whole picture takes minutes; cameras write about ten, with thumbnails thirty.
MOST_SCANS = 40
_LARGEST_PROFILE = 2 * 1024 * 1024
_FEW_COLOURS = 256
_QUALITY = 82
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROFILE_MODES = {"RGB ": {"RGB", "RGBA"}, "CMYK": {"CMYK"}, "GRAY": {"L"}}


class PictureError(Exception):
    """A picture that cannot be taken; the message says in plain words why, and what to do."""


@dataclass(frozen=True)
class Picture:
    """A picture as it may be stored and shown: its bytes, its size in points, and its media type."""

    body: bytes
    width: int
    height: int
    media_type: str


def read_picture(source: bytes | BinaryIO, *, most_side: int = 1600) -> Picture:
    """Return a JPEG, PNG or WebP picture drawn anew, at most `most_side` points wide and high.

    Takes at most 10 MB and 20 million points, and no moving pictures. What has see-through parts or few colours
    becomes a PNG, anything else a JPEG, in the colours of sRGB. Raises PictureError.
    """
    body = source if isinstance(source, bytes) else source.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise PictureError(TOO_LARGE)
    kind = _kind_of(body)
    try:
        with Image.open(io.BytesIO(body), formats=(kind,)) as opened:
            _check(opened, body)
            return _encode(_draw(opened, most_side))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_points() from None
    except PictureError:
        raise
    # A damaged file raises all there is in a decoder: OSError, SyntaxError, ValueError, struct.error, MemoryError …
    except Exception as error:
        raise PictureError("The file is damaged or cut off. Try to send it again, or choose another one.") from error


def _too_many_points() -> PictureError:
    return PictureError("The picture has more than 20 million points. Make it smaller, then send it again.")


def _kind_of(body: bytes) -> str:
    """Return the name of the format by the first bytes. Raises PictureError."""
    if body.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        _check_webp(body)
        return "WEBP"
    raise PictureError("This is not a JPEG, PNG or WebP picture. Save it as one of these, then send it again.")


def _check_webp(body: bytes) -> None:
    """Look at the size and at movement before the decoder, which makes room for the whole picture on opening."""
    chunk = body[12:16]
    if chunk == b"VP8X" and len(body) >= 30:
        if body[20] & 0x02:
            raise _moving()
        width, height = (int.from_bytes(body[start : start + 3], "little") + 1 for start in (24, 27))
    elif chunk == b"VP8L" and len(body) >= 25:
        bits = int.from_bytes(body[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    elif chunk == b"VP8 " and len(body) >= 30:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 26))
    else:
        raise PictureError("The file is damaged or cut off. Try to send it again, or choose another one.")
    if width * height > MOST_PIXELS:
        raise _too_many_points()


def _moving() -> PictureError:
    return PictureError("This is a moving picture. Send one that stands still.")


def _check(opened: Image.Image, body: bytes) -> None:
    """Look at what the header says, before anything is decoded. Raises PictureError."""
    if opened.width * opened.height > MOST_PIXELS:
        raise _too_many_points()
    # A JPEG with more frames than one is a still picture with its thumbnails; only the first is read.
    if opened.format in {"PNG", "WEBP"} and getattr(opened, "is_animated", False):
        raise _moving()
    if opened.format in {"JPEG", "MPO"} and body.count(b"\xff\xda") > MOST_SCANS:
        raise PictureError("The picture is stored in an unusual way. Save it again as a JPEG, then send it again.")


def _draw(opened: Image.Image, most_side: int) -> Image.Image:
    """Return the picture upright, small enough, in the colours of sRGB, as RGB or RGBA and without anything else."""
    profile = opened.info.get("icc_profile")
    if opened.format in {"JPEG", "MPO"}:
        # The decoder itself halves a picture that is much too large, which saves most of the time.
        opened.draft(None, (most_side, most_side))
    opened.load()
    orientation = _orientation_of(opened)
    picture = _in_plain_mode(opened)
    picture.thumbnail((most_side, most_side), Image.Resampling.LANCZOS)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    if isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE:
        picture = _in_srgb(picture, profile)
    has_alpha = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    picture = picture.convert("RGBA" if has_alpha else "RGB")
    # Only the points are taken over: whatever else came with the file stays behind.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def _in_plain_mode(opened: Image.Image) -> Image.Image:
    """Return a copy in a mode that can be made smaller without a loss: L, RGB, RGBA or CMYK."""
    if opened.mode.startswith("I"):
        # Sixteen bits of grey: the upper eight are kept.
        return opened.convert("I").point(lambda level: level / 256).convert("L")
    if opened.mode in {"L", "RGB", "CMYK"} and "transparency" not in opened.info:
        return opened.copy()
    if opened.mode == "1":
        return opened.convert("L")
    return opened.convert("RGBA" if opened.has_transparency_data else "RGB")


def _orientation_of(opened: Image.Image) -> int:
    """Return how the camera was held, or 1 when that is not said or cannot be read."""
    try:
        said = opened.getexif().get(_ORIENTATION, 1)
    except Exception:  # notes of a camera are often damaged, and no reason to refuse a picture
        return 1
    return said if isinstance(said, int) else 1


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture in the colours of sRGB; as it is when its profile is damaged or belongs to another mode."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode not in _PROFILE_MODES.get(own.profile.xcolor_space, set()):
            return picture
        wanted = "RGBA" if picture.mode == "RGBA" else "RGB"
        drawn = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode=wanted)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return drawn or picture


def _encode(picture: Image.Image) -> Picture:
    """Return the picture as a file: PNG where parts are see-through or colours are few, else JPEG."""
    kind = "PNG" if picture.mode == "RGBA" or picture.getcolors(_FEW_COLOURS) else "JPEG"
    written = io.BytesIO()
    if kind == "PNG":
        picture.save(written, "PNG")
    else:
        picture.save(written, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return Picture(written.getvalue(), picture.width, picture.height, f"image/{kind.lower()}")
