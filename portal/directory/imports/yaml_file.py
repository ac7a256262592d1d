"""Reads YAML that people write by hand: safe types only, no key twice, faults with their line."""

from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 2_000_000
MOST_DEPTH = 20
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(Exception):
    """The file cannot be read; the message says where and why."""


class _StrictLoader(_Loader):  # type: ignore[misc, valid-type]
    """Refuses a key that stands twice, of which YAML would silently drop the first."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            key = key_node.value
            if isinstance(key, str) and key in seen:
                raise YamlError(f"line {key_node.start_mark.line + 1}: the key “{key[:60]}” stands twice")
            seen.add(key if isinstance(key, str) else id(key))
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result


def _refuse_bombs(text: str) -> None:
    """Refuse aliases, which can unfold to anything, and nesting that no mapping needs. Raises YamlError."""
    # The parser in C cannot be stopped inside a run of brackets, so those are counted before it sees them.
    if any(text.count(sign) > 10_000 for sign in "[{"):
        raise YamlError("there are too many brackets")
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise YamlError(f"line {_line(event)}: an alias (*{event.anchor}) cannot be used here")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise YamlError(f"line {_line(event)}: nested more than {MOST_DEPTH} deep")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds. Raises YamlError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise YamlError(f"{path.name} is larger than {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
        _refuse_bombs(text)
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except OSError as error:
        raise YamlError(f"{path.name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise YamlError(f"{path.name} is not written in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlError(f"{line}{error.problem or 'is not YAML'}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"is not YAML: {str(error).splitlines()[0]}") from None
    except (RecursionError, ValueError):
        raise YamlError("is not YAML that can be read") from None
