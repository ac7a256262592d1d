"""Faults in the files of this folder."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SeedFault:
    """One fault: the file, the key at which it is ("warm-welcome-mornings.cost"), and what is wrong."""

    file: str
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}"


class SeedError(Exception):
    """The demonstration cannot be loaded; `faults` says everything that is wrong with its files."""

    def __init__(self, faults: Sequence[SeedFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
