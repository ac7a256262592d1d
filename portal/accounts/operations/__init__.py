"""What changes accounts: each a named act with an actor."""
