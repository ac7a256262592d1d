"""Postcodes, places, areas, distance and maps."""
