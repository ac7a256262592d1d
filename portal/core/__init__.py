"""What every room stands on: settings, database, clock, text, errors, access. No noun of the field."""
