"""Nobody is sent to another site: what is let through leads here in a browser, too."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.addresses import local_path
from portal.core.settings import ROOT

OURS = "https://hereabouts.example.org"
PIECES = (
    "/", "//", "\\", "/\\", "\\/", "http:", "https:", "HTTPS:", "javascript:", "data:", "@", "user:word@", ":", ":80",
    "evil.example", "hereabouts.example.org", "..", ".", "/..", "?", "#", "%2f", "%5c", "%09", "%00", "[", "]", "[::1]",
    "\t", "\n", "\r", " ", "\x00", "\x0b", "\x1f", "\x7f", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff", "\u200b",
    "／", "＼", "。", "℀", "é", "a", "services", "=1", "&", ";", "|", "^", "\ud800",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/services?q=lunch&where=SE13#list",
        "/services?next=https://elsewhere.example.org/",
        "/a//b",
        "/a:b@c",
        "/%5Celsewhere",
        "/caf%C3%A9",
        "/café?q=naïve",
    ],
)
def test_paths_of_this_site(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "services",
        "?q=1",
        "#top",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/a\\..\\..\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "\x00//evil.example",
        "/services\r\nSet-Cookie: a=b",
        "/services\x85",
        "/a b",
        "/\x7f/evil.example",
        "/\ud800",
        "https://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "HTTPS://hereabouts.example.org",
        "javascript:alert(1)",
        "https://hereabouts.example.org@evil.example/",
        "//hereabouts.example.org@evil.example/",
        "/" + "a" * 2000,
    ],
)
def test_whatever_leads_elsewhere(text: str) -> None:
    assert local_path(text) is None


@given(TEXTS)
def test_what_is_let_through_is_plain(text: str) -> None:
    """Nothing is let through that a browser would rewrite before it looks for a host."""
    path = local_path(text)
    if path is not None:
        assert path == text and path[0] == "/" and path[1:2] not in {"/", "\\"}
        assert not set(path) & set("\\\t\r\n\x00\x7f ")


def test_browsers_agree(proof) -> None:
    """Node reads addresses as browsers do; what is let through has our origin there."""
    node = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
    if node is None:
        assert os.environ.get("PORTAL_TEST_REQUIRE_ALL") != "1", "Node is required here."
        pytest.skip("This needs Node. Run: make assets")
    count = proof("addresses read as browsers do", sample=100_000, full=2_000_000)
    chance = random.Random(20261123)
    drawn = ("".join(chance.choices(PIECES, k=chance.randint(1, 7))) for _ in range(count))
    let_through = [text for start in drawn for text in (start, "/" + start) if local_path(text) is not None]
    program = (
        "const seen = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"console.log(JSON.stringify(seen.filter(text => new URL(text, '{OURS}/account/').origin !== '{OURS}')))"
    )
    done = subprocess.run(
        [Path(node), "-e", program], input=json.dumps(let_through), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
    assert len(let_through) > count / 20
