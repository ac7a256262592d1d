"""Checking the whole chain, and its end against a head that was kept elsewhere."""

from collections.abc import Iterator

import sqlalchemy as sa

from portal.audit.chain import START, Finding, Walk, faults
from portal.audit.heads import Head
from portal.audit.queries import raw_rows


def verify(bind: sa.Engine | sa.Connection, walk: Walk, head: Head | None = None) -> Iterator[Finding]:
    """Yield everything that is wrong with the chain, row by row; `walk` then says how far it goes.

    Without a head, rows missing at the end cannot be noticed, nor a chain that was written anew from some row on.
    """
    walk.watched = head.number if head else None
    yield from faults(raw_rows(bind), walk)
    if head is None:
        return
    if walk.number < head.number:
        missing, first = head.number - walk.number, walk.number + 1
        which = f"Row {first} is" if missing == 1 else f"Rows {first} to {head.number} are"
        yield Finding(first, f"{which} missing at the end ({missing}): the head of {head.at} was row {head.number}.")
    elif head.number and walk.hash_of_watched is not None and walk.hash_of_watched != head.hash:
        yield Finding(head.number, f"Row {head.number} is not the one that the head of {head.at} was signed for: "
                      "it or a row before it was written anew.")  # fmt: skip
    elif not head.number and head.hash != START:
        yield Finding(0, "The head is of an empty audit and has a hash that none has.")
