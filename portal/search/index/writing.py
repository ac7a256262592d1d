"""Writes the index on disk: a whole generation, or the services that changed."""

import contextlib
import hashlib
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage

from portal.directory.index_queries import Watermark
from portal.search.index.folder import IndexFolder
from portal.search.index.reading import read_state
from portal.search.index.schema import STATE, make_schema
from portal.search.text.words import weigh

Texts = tuple[uuid.UUID, Sequence[str]]

_MEGABYTES = 64
_PROGRESS_EVERY = 250


def write_all(
    folder: IndexFolder,
    services: Sequence[Texts],
    watermark: Watermark,
    *,
    progress: Callable[[int], None],
    only_if: Callable[[], bool] = lambda: True,
) -> Path | None:
    """Write a new generation beside the one that counts, and let it count. None when another process is at it.

    `services` are ids with their folded fields; `watermark` the last change of the directory that they hold;
    `progress` is told how many are done. `only_if` is asked when nobody else can begin any more; None when it says no.
    """
    with folder.lock("rebuild") as mine:
        if not mine or not only_if():
            return None
        generation = folder.new_generation()
        index = FileStorage(str(generation)).create_index(make_schema())
        writer = index.writer(limitmb=_MEGABYTES)
        try:
            for done, (service_id, texts) in enumerate(services, start=1):
                writer.add_document(**_fields(service_id, texts))
                if done % _PROGRESS_EVERY == 0:
                    progress(done)
            writer.add_document(**_state(watermark))
            writer.commit()
            folder.vouch(generation)
            _adopt(folder, generation)
        except BaseException:
            # It is tried again and again; on a full disk nothing may be left behind that fills it further.
            with contextlib.suppress(Exception):
                writer.cancel()
            shutil.rmtree(generation, ignore_errors=True)
            raise
        progress(len(services))
        return generation


def write_changes(folder: IndexFolder, changes: Mapping[uuid.UUID, Sequence[str] | None], watermark: Watermark) -> bool:
    """Write services that changed (None: gone) into the generation that counts; says whether the lock was to be had.

    Does nothing when another process has already written as much or more.
    Raises DamagedIndexError, and all kinds of exceptions when the files are damaged.
    """
    with folder.lock("write") as mine:
        generation = folder.current() if mine else None
        if generation is None:
            return False
        folder.verify(generation)
        index = FileStorage(str(generation)).open_index()
        if read_state(index.reader()).sequence >= watermark.sequence:
            return True
        writer = index.writer(limitmb=_MEGABYTES)
        try:
            _apply(writer, changes.items())
            writer.update_document(**_state(watermark))
            writer.commit()
        except BaseException:
            writer.cancel()
            raise
        folder.vouch(generation)
        return True


def _apply(writer: Any, changes: Iterable[tuple[uuid.UUID, Sequence[str] | None]]) -> None:
    for service_id, texts in changes:
        if texts is None:
            writer.delete_by_term("id", str(service_id))
        else:
            writer.update_document(**_fields(service_id, texts))


def _adopt(folder: IndexFolder, generation: Path) -> None:
    """Swap when nobody is writing to the old generation; a writer is done in a moment."""
    for _try in range(200):
        with folder.lock("write") as mine:
            if mine:
                folder.adopt(generation)
                return
        time.sleep(0.02)
    raise TimeoutError("another process holds the index for too long")


def digest(texts: Sequence[str]) -> str:
    """Return a short print of a service's texts, by which two versions are told apart."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _fields(service_id: uuid.UUID, texts: Sequence[str]) -> dict[str, Any]:
    exact, stems = weigh(texts)
    return {"id": str(service_id), "exact": exact, "stem": stems, "digest": digest(texts)}


def _state(watermark: Watermark) -> dict[str, Any]:
    return {"id": STATE, "state": {"sequence": watermark.sequence, "mark": watermark.mark}}
