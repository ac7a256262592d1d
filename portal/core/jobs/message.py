"""How a task of huey stands in the queue: as JSON, since huey's own pickle runs code for whoever can write there."""

import datetime as dt
import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer


class PlainSerializer(Serializer):  # type: ignore[misc]
    """Writes huey's messages as JSON and reads nothing else."""

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            fields = data._asdict()
            fields["eta"] = data.eta.isoformat() if data.eta else None
            data = fields
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(bytes(data))
        if not isinstance(found, dict):
            return found
        found["eta"] = dt.datetime.fromisoformat(found["eta"]) if found["eta"] else None
        return Message(**found)
