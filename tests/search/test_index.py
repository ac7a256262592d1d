"""The index on disk: it holds what was written, notices every damage, and belongs to one site and one database."""

import random
import shutil
import uuid
from pathlib import Path

import pytest

from portal.core import clock
from portal.directory.index_queries import Watermark
from portal.search.index.folder import DamagedIndexError, IndexFolder
from portal.search.index.reading import IndexReader
from portal.search.index.writing import write_all, write_changes
from portal.search.text.sources import Form, MemorySource
from tests.search.made_up import WORDS, Lot

MARK = Watermark(5, "five")


def services(count: int, seed: int = 1) -> list[tuple[uuid.UUID, tuple[str, ...]]]:
    documents = Lot(seed, clock.today()).documents(count)
    return [(document.id, document.texts) for document in documents]


def silent(_done: int) -> None:
    return


@pytest.fixture
def folder(tmp_path: Path) -> IndexFolder:
    return IndexFolder(tmp_path / "index", secret="one", database="sqlite:///one")


@pytest.fixture
def written(folder: IndexFolder) -> Path:
    generation = write_all(folder, services(40), MARK, progress=silent)
    assert generation is not None
    return generation


def found(reader: IndexReader, form: Form, term: str) -> dict[int, float]:
    positions, weights = reader.find(form, term)
    pairs = zip((reader.ids[position] for position in positions.tolist()), weights.tolist(), strict=True)
    return {service_id: weight for service_id, weight in pairs if service_id is not None}


def in_memory(held: list, form: Form, term: str) -> dict[int, float]:
    rows, weights = MemorySource((row, texts) for row, (_id, texts) in enumerate(held)).find(form, term)
    return {held[row][0].int: weight for row, weight in zip(rows.tolist(), weights.tolist(), strict=True)}


def assert_holds(reader: IndexReader, held: list) -> None:
    assert {one for one in reader.ids if one is not None} == {service_id.int for service_id, _texts in held}
    for form in Form:
        for term in (*WORDS, "garden", "librari", "club", "nothing"):
            assert found(reader, form, term) == in_memory(held, form, term), term


def test_it_holds_what_memory_would_say(folder: IndexFolder, written: Path) -> None:
    reader = IndexReader(folder, written)
    assert reader.watermark == MARK
    assert_holds(reader, services(40))
    memory = MemorySource(enumerate(texts for _id, texts in services(40)))
    assert reader.lexicon().words == memory.lexicon().words


def test_it_follows_changes(folder: IndexFolder, written: Path) -> None:
    """Twenty rounds, over which whoosh merges segments: weights, words taken out, and the state stay right."""
    held, fresh, lot = dict(services(40)), services(60, seed=9), random.Random(3)
    reader = None
    for step in range(20):
        gone = lot.choice(sorted(held))
        changed = lot.choice(sorted(held.keys() - {gone}))
        del held[gone]
        new_id, new_texts = fresh[step]
        held |= {new_id: new_texts, changed: fresh[step + 20][1]}
        watermark = Watermark(6 + step, f"mark {step}")
        assert write_changes(folder, {gone: None, changed: held[changed], new_id: new_texts}, watermark)
        folder.verify(written)
        reader = IndexReader(folder, written, reader)
        assert reader.watermark == watermark
        assert_holds(reader, list(held.items()))


def test_an_older_writer_changes_nothing(folder: IndexFolder, written: Path) -> None:
    """A process that knows less than the index must not put an old text over a newer one."""
    service_id, texts = services(40)[0]
    assert write_changes(folder, {service_id: ("new words",) * 6}, Watermark(9, "nine"))
    assert write_changes(folder, {service_id: texts}, Watermark(8, "eight"))
    assert IndexReader(folder, written).watermark == Watermark(9, "nine")
    assert service_id.int in found(IndexReader(folder, written), Form.EXACT, "new")


def test_nobody_else_may_look_in(folder: IndexFolder, written: Path) -> None:
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert written.stat().st_mode & 0o077 == 0


def damages(seed: int, count: int) -> list[tuple[str, int]]:
    lot = random.Random(seed)
    return [(lot.choice(("flip", "cut", "remove", "grow", "swap")), lot.randrange(10**9)) for _ in range(count)]


def damage(generation: Path, how: str, number: int) -> bool:
    """Damage one file that matters; says whether anything was changed."""
    lot = random.Random(number)
    paths = sorted(path for path in generation.iterdir() if path.suffix in {".seg", ".toc", ".json"})
    path = lot.choice(paths)
    content = bytearray(path.read_bytes())
    if how == "remove":
        path.unlink()
    elif how == "swap":
        path.write_bytes(lot.choice([one for one in paths if one != path]).read_bytes())
    else:
        if how == "flip":
            content[lot.randrange(len(content))] ^= 1 << lot.randrange(8)
        elif how == "cut":
            del content[lot.randrange(len(content)) :]
        else:
            content += b"x"
        path.write_bytes(bytes(content))
    return True


@pytest.mark.parametrize(("how", "number"), damages(seed=11, count=40))
def test_damage_is_noticed_before_anything_is_opened(folder: IndexFolder, written: Path, how: str, number: int) -> None:
    folder.verify(written)
    damage(written, how, number)
    with pytest.raises(DamagedIndexError):
        folder.verify(written)


def test_a_foreign_table_of_contents_is_never_opened(folder: IndexFolder, written: Path) -> None:
    """Whoosh opens the table with the highest number, and it is a pickle."""
    (written / "_MAIN_9.toc").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(DamagedIndexError):
        folder.verify(written)


@pytest.mark.parametrize("other", [{"secret": "two"}, {"database": "sqlite:///two"}])
def test_another_secret_or_database_refuses_it(folder: IndexFolder, written: Path, other: dict) -> None:
    foreign = IndexFolder(folder.path, **{"secret": "one", "database": "sqlite:///one"} | other)
    with pytest.raises(DamagedIndexError):
        foreign.verify(written)


def test_another_schema_is_refused(folder: IndexFolder, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.search.index.folder.SCHEMA_NUMBER", 99)
    with pytest.raises(DamagedIndexError):
        folder.verify(written)


@pytest.mark.parametrize("text", ["", "generation-0000000000000000\n", "../../etc\n", "\x00" * 50, "x" * 10_000])
def test_current_may_hold_anything(folder: IndexFolder, written: Path, text: str) -> None:
    (folder.path / "CURRENT").write_text(text)
    with pytest.raises(DamagedIndexError):
        folder.current()


def test_no_index_at_all(folder: IndexFolder) -> None:
    assert folder.current() is None
    assert folder.stamp() == ()
    assert write_changes(folder, {}, MARK) is False


def test_a_rebuild_leaves_one_generation(folder: IndexFolder, written: Path) -> None:
    again = write_all(folder, services(10), MARK, progress=silent)
    assert folder.current() == again
    assert [path.name for path in folder.path.glob("generation-*")] == [again.name if again else ""]


def test_one_rebuild_at_a_time(folder: IndexFolder, written: Path) -> None:
    other = IndexFolder(folder.path, secret="one", database="sqlite:///one")
    with other.lock("rebuild") as held:
        assert held
        assert write_all(folder, services(10), MARK, progress=silent) is None
    assert folder.current() == written


def test_whoever_writes_is_left_alone(folder: IndexFolder, written: Path) -> None:
    other = IndexFolder(folder.path, secret="one", database="sqlite:///one")
    with other.lock("write"):
        assert write_changes(folder, {}, Watermark(7, "seven")) is False
    assert write_changes(folder, {}, Watermark(7, "seven")) is True


def test_a_rebuild_that_fails_halfway_changes_nothing(folder: IndexFolder, written: Path) -> None:
    def stop(_done: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_all(folder, services(300), MARK, progress=stop)
    assert folder.current() == written
    folder.verify(written)
    assert list(folder.path.glob("generation-*")) == [written], "What failed is left behind and fills the disk."


def test_a_copy_of_an_older_state_is_whole_and_says_how_old_it_is(
    folder: IndexFolder, written: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder.path, tmp_path / "copy")
    write_changes(folder, {services(40)[0][0]: None}, Watermark(6, "six"))
    shutil.rmtree(folder.path)
    shutil.copytree(tmp_path / "copy", folder.path)
    folder.verify(written)
    assert IndexReader(folder, written).watermark == MARK
