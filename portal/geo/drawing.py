"""Drawing a map: the one place that uses folium, and nothing that anybody typed reaches it.

folium renders what it is given as a Jinja template, twice, on the server. So it gets coordinates, numbers and our own
constants only; addresses of pins, which hold what somebody searched for, stand escaped in attributes of our own
element, from where the script reads them. We take the map's parts and leave its page, styles and foreign hosts.

`portal.geo.maps` loads this module with the first map: a process that draws none, as most do, starts without folium.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.template import Template
from markupsafe import Markup

from portal.core.settings import SettingError
from portal.geo.areas import BaseMap

MAX_ZOOM = 18
MIN_ZOOM = 8
# How near a map of one address opens: with tiles there are streets to see, without them the shape of the borough.
VENUE_ZOOM = 16
VENUE_ZOOM_WITHOUT_TILES = 13

# The colours of the map's own script (static/src/js/map/base.js): pale neighbourhoods inside a dark outline.
_BOROUGH_STYLES = ({"color": "#4e1c3f", "weight": 3, "fill": False},)
_NEIGHBOURHOOD_STYLES = tuple(
    {"color": "#8d6680", "weight": 2, "dashArray": "7 6", "fillColor": pale, "fillOpacity": 1}
    for pale in ("#efe6ec", "#f6eadf", "#e9f0e7", "#f3ecdf")
)
_NOTHING_FOREIGN: list[tuple[str, str]] = []
_TEMPLATE_SIGNS = ("{{", "{%", "{#")

Box = tuple[float, float, float, float]
# What is written on a map without tiles: name, latitude, longitude, and whether it is a neighbourhood.
Label = tuple[str, float, float, bool]


class DirectoryMap(folium.Map):
    """A map of ours. `html` goes where the map stands, `script` into a `<script nonce>` behind the map's bundle."""

    # folium's own lists name five outside hosts; our page brings Leaflet itself.
    default_js = _NOTHING_FOREIGN
    default_css = _NOTHING_FOREIGN

    def __init__(
        self, base: BaseMap, box: Box, names: Sequence[Label] | None, *, tile_url: str = "", tile_attribution: str = ""
    ) -> None:
        """Draw the base, seen so that the box (south, west, north, east) fits, with names that the browser writes.

        Raises SettingError for bad tiles.
        """
        south, west, north, east = (round(float(side), 5) for side in box)
        super().__init__(
            location=_rounded(((south + north) / 2, (west + east) / 2)),
            tiles=None,
            # Only camel case reaches Leaflet when there are no tiles, and clusters need it.
            maxZoom=MAX_ZOOM,
            minZoom=MIN_ZOOM,
        )
        self._attributes = {} if names is None else {"names": json.dumps(names, ensure_ascii=False)}
        if tile_url:
            self.add_child(_tiles(tile_url, tile_attribution))
        for outlines, styles in ((base.neighbourhoods, _NEIGHBOURHOOD_STYLES), (base.boroughs, _BOROUGH_STYLES)):
            if outlines:
                self.add_child(_outlines(outlines, styles))
        self.fit_bounds([(south, west), (north, east)], max_zoom=VENUE_ZOOM if tile_url else VENUE_ZOOM_WITHOUT_TILES)

    def add_pins(self, *, pins_url: str, card_url: str, position: tuple[float, float] | None) -> None:
        """Let the browser fetch pins and cards from these addresses; mark the position that was asked for."""
        self._attributes |= {"pins-url": pins_url, "card-url": card_url}
        self.add_child(_Pins(_rounded(position) if position else None))

    def add_venues(self, points: Sequence[tuple[float, float]]) -> None:
        """Mark some (latitude, longitude) positions, numbered in this order."""
        self.add_child(_Venues([_rounded(point) for point in points]))

    def add_movable(self, point: tuple[float, float]) -> None:
        """Mark one (latitude, longitude) position with a pin that can be pushed to where it belongs."""
        self.add_child(_Movable(_finer(point)))

    @property
    def html(self) -> Markup:
        """The element that the map is drawn into, without a style or a script of its own."""
        attributes = Markup("").join(
            Markup(' data-{}="{}"').format(name, value) for name, value in self._attributes.items()
        )
        return Markup('<div id="map" class="map" role="region" aria-label="Map"{}>{}</div>').format(
            attributes,
            Markup(self._parts[0]),  # noqa: S704 - made by folium from its own constants
        )

    @property
    def script(self) -> Markup:
        """The text of the inline script."""
        return Markup("(function () {\n" + self._parts[1] + "\n})();")  # noqa: S704 - numbers and our constants only

    @cached_property
    def _parts(self) -> tuple[str, str]:
        figure = self.get_root()
        assert isinstance(figure, Figure)
        self.render()  # type: ignore[no-untyped-call]
        return figure.html.render().strip(), figure.script.render().strip()


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(float(point[0]), 5), round(float(point[1]), 5)


def _finer(point: tuple[float, float]) -> tuple[float, float]:
    """To about ten centimetres, so that many small steps of a pin do not drift."""
    return round(float(point[0]), 6), round(float(point[1]), 6)


def _tiles(url: str, attribution: str) -> folium.TileLayer:
    """Return the operator's tiles. A bare name is refused, since folium would look up an outside host for it."""
    if not url.startswith(("https://", "http://", "/")):
        raise SettingError(
            f"PORTAL_TILE_URL is {url!r}. Write an address like https://tiles.example.org/{{z}}/{{x}}/{{y}}.png."
        )
    for name, text in (("PORTAL_TILE_URL", url), ("PORTAL_TILE_ATTRIBUTION", attribution)):
        if any(sign in text for sign in _TEMPLATE_SIGNS):
            raise SettingError(f"{name} holds a doubled brace or {{% or {{#, which cannot stand in a map.")
    return folium.TileLayer(tiles=url, attr=attribution or "Map tiles", max_zoom=MAX_ZOOM, name="tiles")


def _outlines(geometries: Sequence[Any], styles: Sequence[dict[str, Any]]) -> folium.GeoJson:
    features = [
        {"type": "Feature", "id": number, "properties": {}, "geometry": geometry}
        for number, geometry in enumerate(geometries)
    ]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: styles[feature["id"] % len(styles)],
        interactive=False,
    )


class _Pins(MacroElement):
    """Our own layer: the browser fetches compact pins, and a card when one is opened."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            hereaboutsPins({{ this._parent.get_name() }}, {
                url: document.getElementById("map").dataset.pinsUrl,
                cardUrl: document.getElementById("map").dataset.cardUrl,
                place: {{ this.position|tojson }}
            });
        {% endmacro %}
        """
    )

    def __init__(self, position: tuple[float, float] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Pins"
        self.position = position


class _Venues(MacroElement):
    """Our own layer: a few numbered venues, without words."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            hereaboutsVenues({{ this._parent.get_name() }}, {points: {{ this.points|tojson }}});
        {% endmacro %}
        """
    )

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Venues"
        self.points = points


class _Movable(MacroElement):
    """Our own layer: one pin that can be pushed; our script writes its position into the page's form."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            hereaboutsMovable({{ this._parent.get_name() }}, {point: {{ this.point|tojson }}});
        {% endmacro %}
        """
    )

    def __init__(self, point: tuple[float, float]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Movable"
        self.point = point
