"""The second engine: the same documents in tables of PostgreSQL, kept by the transaction that changes the data.

So many web machines share one index. docs/search.md says when it answers; docs/decisions says why it is made like this.
"""
