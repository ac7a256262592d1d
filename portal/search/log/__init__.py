"""What people look for, logged without the people: see docs/searches.md."""
