"""Wording, outbox, and delivery by e-mail, SMS or letter. One function sends; it checks at delivery."""
