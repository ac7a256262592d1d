"""What a loader raises when something is not there, or not for whoever asks."""


class NotFoundError(LookupError):
    """There is no such thing for this user; the page is a 404 either way."""
