"""Other search engines over the same listings and questions, for comparison. Never part of the product.

All are asked the same: words, all of which have to be met in any form, a position with two kilometres around it, the
best twenty, the number in all, and counts of all values of six filters among what was found. What only the product does
(sessions, misspellings, other words for things, areas, counts of days and access) is asked of the product alone.
"""

from benchmarks.peers.shapes import Listing, Peer, Wanted
from benchmarks.peers.sqlite import FullTextSqlite
from benchmarks.peers.tantivy import Tantivy
from benchmarks.peers.whoosh import PlainWhoosh

__all__ = ["FullTextSqlite", "Listing", "Peer", "PlainWhoosh", "Tantivy", "Wanted"]
