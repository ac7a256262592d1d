"""The folder of the index: generations, which of them counts, and proof that nobody touched their files.

Whoosh's table of contents is a pickle, so whoever can write to the folder could run code. The folder is open to its
owner only, and a generation is opened only after a manifest, signed with the site's secret key, vouched for
the content of every file in it.
"""

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from portal.search.index.schema import SCHEMA_NUMBER

_CURRENT, _MANIFEST = "CURRENT", "manifest.json"
_NAME = re.compile(r"generation-[0-9a-f]{16}")
_KINDS = (".toc", ".seg", ".trm", ".pst", ".pos")

Stamp = tuple[tuple[str, int, int, int], ...]


class DamagedIndexError(Exception):
    """The index cannot be trusted; the message says in what way."""


class IndexFolder:
    """One index folder, for one database and one secret. Several processes may use it at the same time."""

    def __init__(self, path: Path, *, secret: str, database: str) -> None:
        """`database` tells one database from another; it is written to disk only as a keyed hash."""
        self.path = path
        self._key = hashlib.sha256(b"search index:" + secret.encode()).digest()
        self._database = self._sign(database.encode())
        self._vouched: dict[tuple[str, str], tuple[str, int, int, int]] = {}

    def current(self) -> Path | None:
        """Return the generation that counts, None when there is none. Raises DamagedIndexError."""
        try:
            name = (self.path / _CURRENT).read_bytes()[:100].decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        if not _NAME.fullmatch(name) or not (self.path / name).is_dir():
            raise DamagedIndexError("CURRENT names no generation")
        return self.path / name

    def stamp(self) -> Stamp:
        """Return sizes and times of all files that matter, cheap to compare. Raises DamagedIndexError."""
        found = []
        for path in (self.path / _CURRENT, *self._files(self.current())):
            with contextlib.suppress(FileNotFoundError):
                found.append(_stat(path))
        return tuple(found)

    def verify(self, generation: Path) -> None:
        """Check signature, schema, database and the content of every file. Raises DamagedIndexError.

        A file that this process has vouched for before, and whose size and times are the same, is not read again.
        """
        for path, expected in self._expected(generation):
            if self._vouched.get((generation.name, path.name)) != _stat(path):
                self._checked(path, expected)

    def load(self, generation: Path, known: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the content of every file of a generation, checked like `verify`. Raises DamagedIndexError.

        What is read is what was checked: whatever happens to the disk afterwards, a reader goes on with the right
        bytes. `known` are files that an earlier reader has; one whose file is as it was is not read again.
        """
        return {
            path.name: known[path.name]
            if path.name in known and self._vouched.get((generation.name, path.name)) == _stat(path)
            else self._checked(path, expected)
            for path, expected in self._expected(generation)
        }

    def _expected(self, generation: Path) -> list[tuple[Path, str]]:
        """Return the files of a generation with the checksums that its manifest gives them."""
        files = self._read_manifest(generation)
        present = {path.name for path in self._files(generation)} - {_MANIFEST}
        if present != files.keys():
            raise DamagedIndexError(f"other files than the manifest names: {sorted(present ^ files.keys())}")
        return [(generation / name, expected) for name, expected in files.items()]

    def _checked(self, path: Path, expected: str) -> bytes:
        before = _stat(path)
        content = path.read_bytes()
        if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), expected):
            raise DamagedIndexError(f"{path.name} was changed")
        self._vouched[path.parent.name, path.name] = before
        return content

    def vouch(self, generation: Path) -> None:
        """Write a signed manifest over the files of a generation that this process has just written."""
        known: dict[str, str] = {}
        with contextlib.suppress(DamagedIndexError):
            known = self._read_manifest(generation)
        files = {}
        for path in self._files(generation):
            if path.name == _MANIFEST:
                continue
            # A segment never changes once it is written; only what is new has to be read.
            is_known = path.suffix == ".seg" and path.name in known
            files[path.name] = known[path.name] if is_known else _checksum(path)
        body = {"schema": SCHEMA_NUMBER, "database": self._database, "files": files}
        text = json.dumps(body, sort_keys=True)
        _replace(generation / _MANIFEST, json.dumps({"body": text, "signature": self._sign(text.encode())}))

    def new_generation(self) -> Path:
        """Make an empty generation beside the one that counts."""
        self._prepare()
        path = self.path / f"generation-{secrets.token_hex(8)}"
        path.mkdir(mode=0o700)
        return path

    def adopt(self, generation: Path) -> None:
        """Let a generation count from now on, in one step, and remove all others."""
        if (self.path / _CURRENT).is_dir():
            shutil.rmtree(self.path / _CURRENT)
        _replace(self.path / _CURRENT, generation.name + "\n")
        for path in self.path.glob("generation-*"):
            if path != generation:
                shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, name: str, *, shared: bool = False) -> Iterator[bool]:
        """Hold a lock between processes without waiting; yields whether it was to be had."""
        self._prepare()
        with (self.path / f"{name}.lock").open("a") as file, _flock(file, shared) as held:
            yield held

    def _prepare(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o700)

    def _files(self, generation: Path | None) -> list[Path]:
        if generation is None:
            return []
        wanted = [path for path in generation.iterdir() if path.suffix in _KINDS or path.name == _MANIFEST]
        return sorted(wanted)

    def _read_manifest(self, generation: Path) -> dict[str, str]:
        try:
            outer: dict[str, Any] = json.loads((generation / _MANIFEST).read_bytes())
            text, signature = outer["body"], outer["signature"]
            if not hmac.compare_digest(self._sign(text.encode()), signature):
                raise DamagedIndexError("the manifest is not signed by this site")
            body = json.loads(text)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedIndexError(f"the manifest cannot be read: {type(error).__name__}") from error
        if body["schema"] != SCHEMA_NUMBER or body["database"] != self._database:
            raise DamagedIndexError("it belongs to another schema or another database")
        files: dict[str, str] = body["files"]
        return files

    def _sign(self, content: bytes) -> str:
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()


@contextlib.contextmanager
def _flock(file: IO[str], shared: bool) -> Iterator[bool]:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _stat(path: Path) -> tuple[str, int, int, int]:
    found = path.stat()
    return path.name, found.st_size, found.st_mtime_ns, found.st_ino


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
