"""The picture of a listing: drawn anew, with words, and seen by nobody before it is published."""

import io
import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from portal.core.database import transaction
from portal.listings.content import content_of
from portal.listings.models import Listing, Picture
from portal.listings.operations import drafts
from portal.listings.publishing import publish
from tests.accounts.reading import find
from tests.factories.accounts import Cast
from tests.factories.listings import make_listing
from tests.signing_in import sign_in


def drawn(side: int = 40) -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(written, "PNG")
    written.seek(0)
    return written


def sent(body: io.BytesIO, name: str = "us.png", words: str = "Six people", version: int = 1) -> dict[str, object]:
    return {"picture": (body, name), "words": words, "version": str(version)}


def large(size: int) -> dict[str, Any]:
    """A post with a file of `size` bytes, put together by hand: the test client would leave its own file open."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [
        head.format("words") + "\r\n\r\nSix people",
        head.format('picture"; filename="us.jpg') + "\r\nContent-Type: image/jpeg\r\n\r\n",
    ]
    start = "".join(f"--edge\r\n{part}\r\n" for part in parts).encode().removesuffix(b"\r\n")
    body = start + b"\xff\xd8\xff" + b"0" * size + b"\r\n--edge--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=edge"}


def test_a_picture_is_seen_once_it_is_published(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group)
    sign_in(client, cast.gus)
    address = f"/listings/{listing.id}/picture"
    assert "Say what is in the picture" in client.post(address, data=sent(drawn(), words="")).text
    assert client.post(address, data=sent(drawn(), version=listing.version)).status_code == 303
    picture = find(sa.select(Picture))
    own = f"/listings/pictures/{picture.id}"
    assert (picture.media_type, picture.width) == ("image/png", 40)
    assert client.get(own).mimetype == "image/png"
    stranger = app.test_client()
    assert stranger.get(own).status_code == 404
    with transaction() as session:
        publish(session, drafts.locked(session, listing.id), actor="test")
    assert stranger.get(own).status_code == 200
    assert 'alt="Six people"' in stranger.get(f"/services/{listing.service_id}").text
    client.post(f"{address}/remove")
    now = find(sa.select(Listing).where(Listing.id == listing.id))
    assert content_of(now.content).picture is None


def test_what_is_no_picture_is_refused_quickly(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group)
    sign_in(client, cast.gus)
    address = f"/listings/{listing.id}/picture"
    begun = time.perf_counter()
    assert "not a JPEG, PNG or WebP" in client.post(address, data=sent(io.BytesIO(b"<svg onload=alert(1)>"))).text
    assert "larger than 10 MB" in client.post(address, **large(10 * 1024 * 1024)).text
    body = io.BytesIO(large(11 * 1024 * 1024)["data"])
    length = {"wsgi.input": body, "CONTENT_LENGTH": str(len(body.getbuffer())), "CONTENT_TYPE": "multipart/form-data"}
    refused = client.post(address, environ_overrides=length)
    assert body.read(1) == b"", "A browser reads our answer once all has left."
    refused = client.get(refused.location)
    assert "The picture is larger than 10 MB. Send a smaller one." in refused.text
    assert "up to 10 MB" in refused.text
    assert time.perf_counter() - begun < 3
    assert find(sa.select(sa.func.count(Picture.id))) == 0


class Unread(io.RawIOBase):
    """A body of which nobody may read a byte."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise AssertionError("Somebody reads what is too large.")


@pytest.mark.parametrize("page", ["picture", "upload", "what"])
def test_of_a_file_that_is_too_large_nothing_is_read(page: str, client: FlaskClient, cast: Cast) -> None:
    """Its form comes back with the reason, to those who may see it; where there is no file, the page for all errors."""
    with transaction():
        listing = make_listing(cast.group)
    sign_in(client, cast.gus)
    address = "/listings/upload" if page == "upload" else f"/listings/{listing.id}/{page}"
    sent_on = {
        "wsgi.input": Unread(),
        "CONTENT_TYPE": "multipart/form-data; boundary=edge",
        "CONTENT_LENGTH": str(200 * 1024 * 1024),
    }
    begun = time.perf_counter()
    answer = client.post(address, environ_overrides=sent_on)
    if page == "what":
        assert answer.status_code == 413
        return
    assert (answer.status_code, answer.location) == (303, f"{address}?refused=too-large")
    shown = client.get(answer.location).text
    assert time.perf_counter() - begun < 1
    assert ("larger than 10 MB" if page == "picture" else "larger than 2 MB") in shown
    assert "Error: " in shown
    assert "Error: " not in client.get(address).text, "Only who comes back reads it."
    sign_in(client, cast.rita)
    assert client.get(answer.location).status_code == 404
