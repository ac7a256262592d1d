"""The directory as columns of numbers in memory: filters, facets, distances, sessions and order."""
