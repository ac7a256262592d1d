// The map's own script: Leaflet and its clusters become global, because folium's script expects window.L.
import "leaflet";
import "leaflet.markercluster";
import { prepareMaps } from "./map/base.js";
import { hereaboutsMovable } from "./map/movable.js";
import { hereaboutsPins } from "./map/pins.js";
import { hereaboutsVenues } from "./map/venues.js";

prepareMaps();
window.hereaboutsMovable = hereaboutsMovable;
window.hereaboutsPins = hereaboutsPins;
window.hereaboutsVenues = hereaboutsVenues;
