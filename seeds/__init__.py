"""Demonstration data as plain files, and their loader. Only `portal seed` and a first `portal run` call it."""
