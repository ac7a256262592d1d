"""The pages on which moderators write guides. Everybody reads them on pages of `portal.search`, beside services."""

from flask import Blueprint

blueprint = Blueprint("guides", __name__)

# The module hangs its views on the blueprint when it is read.
from portal.guides.views import manage  # noqa: E402, F401
