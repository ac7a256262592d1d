"""What can go wrong with the audit."""


class AuditUnavailableError(Exception):
    """The audit could not be written, so the act did not happen and nothing personal was shown."""
