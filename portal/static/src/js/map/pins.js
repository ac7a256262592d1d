// The pins of a result. They come as columns of numbers; the words of a pin are fetched when it is opened.
import { keepApart } from "./apart.js";
import { archIcon, drawAreas, drawPlace, fit, settle } from "./base.js";
import { Card } from "./card.js";

// map: a Leaflet map. options: url of the pins, cardUrl (a pin's number is added), and if wanted
// areasUrl, place [lat, lon] that was asked for, selected (number of the pin to open at once).
export function hereaboutsPins(map, options) {
  settle(map);
  const layer = new Pins(map, options);
  if (options.areasUrl) drawAreas(map, options.areasUrl);
  if (options.place) drawPlace(map, options.place);
  layer.load(options.url);
  document.addEventListener("hereabouts:swapped", () => {
    layer.load(options.url.split("?")[0] + window.location.search);
  });
  return layer;
}

// Columns to rows. Positions are differences from the one before, in parts of a degree.
export function unpack({ n, a, o, r, scale }) {
  let latitude = 0;
  let longitude = 0;
  return n.map((number, index) => {
    latitude += a[index];
    longitude += o[index];
    return { number, rank: r[index], position: [latitude / scale, longitude / scale] };
  });
}

class Pins {
  constructor(map, options) {
    this.map = map;
    this.options = options;
    this.markers = new Map();
    this.lit = null;
    this.clusters = L.markerClusterGroup({
      animate: false,
      chunkedLoading: true,
      iconCreateFunction: clusterIcon,
      maxClusterRadius: 64,
      showCoverageOnHover: false,
      // Pins of one address stand so far apart that a thumb finds each.
      spiderfyDistanceMultiplier: 2.4,
      spiderLegPolylineOptions: { color: "#6a2353", weight: 2 },
    });
    // Clusters are made anew at every zoom: each one is named when it comes onto the map.
    map.on("layeradd", ({ layer }) => layer instanceof L.MarkerCluster && nameCluster(layer));
    this.clusters.on("clusterkeydown", (event) => this.openCluster(event));
    keepApart(map);
    map.addLayer(this.clusters);
    this.card = new Card(map, options.cardUrl, () => this.light(null));
  }

  async load(url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const pins = unpack(await answer.json());
    this.card.close(false);
    this.clusters.clearLayers();
    this.markers = new Map(pins.map((pin) => [pin.number, this.marker(pin)]));
    this.total = pins.reduce((most, pin) => Math.max(most, pin.rank), 0);
    this.clusters.addLayers([...this.markers.values()]);
    this.fit(pins);
    this.tieToList();
    const { selected } = this.options;
    if (selected && this.markers.has(selected)) this.open(selected, false);
  }

  fit(pins) {
    const positions = pins.map((pin) => pin.position);
    if (this.options.place) positions.push(this.options.place);
    if (positions.length) fit(this.map, positions);
  }

  marker({ number, rank, position }) {
    const marker = L.marker(position, { icon: archIcon(String(rank)), riseOnHover: true });
    marker.number = number;
    marker.rank = rank;
    marker.on("add", () => this.dress(marker));
    marker.on("click", () => this.open(number));
    marker.on("keydown", ({ originalEvent }) => {
      if (originalEvent.key !== "Enter" && originalEvent.key !== " ") return;
      originalEvent.preventDefault();
      this.open(number);
    });
    return marker;
  }

  // Leaflet makes a pin's element anew whenever it comes out of a cluster.
  dress(marker) {
    const element = marker.getElement();
    const entry = entryOf(marker.number);
    const name = entry ? `: ${entry.querySelector("a").textContent.trim()}` : "";
    element.setAttribute("aria-label", `${marker.rank} of ${this.total}${name}, press Enter to read`);
    element.classList.toggle("pin--lit", this.lit === marker.number);
  }

  // opener: what gets the focus back when the card closes; the pin itself when nothing else opened it.
  async open(number, moveFocus = true, opener = null) {
    this.light(number);
    const pin = this.markers.get(number).getElement();
    await this.card.show(number, opener || pin, moveFocus);
    if (pin && !this.card.panel.hidden) this.uncover(pin);
  }

  // Where the card floats over the map, the pin slides out from below it.
  uncover(pin) {
    const card = this.card.panel.getBoundingClientRect();
    const spot = pin.getBoundingClientRect();
    if (spot.right < card.left || spot.top > card.bottom || spot.bottom < card.top) return;
    this.map.panBy([spot.right - card.left + 16, 0], { animate: false });
  }

  // Comes nearer until the pin stands alone; pins at one and the same address spread out.
  reveal(marker) {
    const deepest = this.map.getMaxZoom();
    for (let zoom = this.map.getZoom(); ; zoom = Math.min(zoom + 1, deepest)) {
      this.map.setView(marker.getLatLng(), zoom, { animate: false });
      const seen = this.clusters.getVisibleParent(marker);
      if (!seen || seen === marker) return;
      const bounds = seen.getBounds();
      if (zoom >= deepest || bounds.getNorthEast().equals(bounds.getSouthWest())) {
        seen.spiderfy();
        return;
      }
    }
  }

  light(number) {
    const before = this.lit;
    this.lit = number;
    for (const one of [before, number]) {
      const marker = one !== null && this.markers.get(one);
      if (marker && marker.getElement()) marker.getElement().classList.toggle("pin--lit", one === number);
      const entry = one !== null && entryOf(one);
      if (entry) entry.classList.toggle("is-on", one === number);
    }
  }

  // Each entry of the list gets a button that shows its pin.
  tieToList() {
    document.querySelectorAll(".mini[data-pin]").forEach((entry) => {
      const number = Number(entry.dataset.pin);
      if (!this.markers.has(number) || entry.querySelector(".mini__show")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--quiet button--small mini__show";
      button.textContent = "Show on the map";
      const more = document.createElement("span");
      more.className = "govuk-visually-hidden";
      more.textContent = `: ${entry.querySelector("a").textContent.trim()}`;
      button.append(more);
      button.addEventListener("click", () => this.showFromList(number, button));
      entry.querySelector(".mini__body").append(button);
    });
  }

  showFromList(number, button) {
    this.map.getContainer().scrollIntoView({ block: "nearest" });
    this.reveal(this.markers.get(number));
    this.open(number, true, button);
  }

  openCluster(event) {
    const { key } = event.originalEvent;
    if (key !== "Enter" && key !== " ") return;
    event.originalEvent.preventDefault();
    const [first] = event.layer.getAllChildMarkers();
    this.reveal(first);
    if (first.getElement()) first.getElement().focus();
  }
}

const entryOf = (number) => document.querySelector(`.mini[data-pin="${number}"]`);

function clusterIcon(cluster) {
  const words = document.createElement("span");
  words.textContent = cluster.getChildCount();
  return L.divIcon({ className: "cluster", html: words, iconSize: [44, 44] });
}

function nameCluster(cluster) {
  const element = cluster.getElement();
  if (!element) return;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", `${cluster.getChildCount()} close together, press Enter to come nearer`);
}
