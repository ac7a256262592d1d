"""Who did what and who read what: append-only, ids only, for investigation and never for function."""
