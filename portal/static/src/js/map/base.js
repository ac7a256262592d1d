// What every map here has in common: calm defaults, one look, and ways to move it without a mouse wheel.
export const COLOURS = {
  areas: ["#efe6ec", "#f6eadf", "#e9f0e7", "#f3ecdf"],
  border: "#8d6680",
  outline: "#4e1c3f",
};
export const DEEPEST = 18;

// Before folium calls L.map. Without tiles nobody else sets maxZoom, and clusters need it.
export function prepareMaps() {
  // Shows what waits for script before the map measures its place.
  document.documentElement.classList.add("js");
  L.Map.mergeOptions({
    maxZoom: DEEPEST,
    scrollWheelZoom: false,
    zoomSnap: 0.5,
    // A zoom that is still moving swallows the next one, and moving maps make some people ill.
    fadeAnimation: false,
    markerZoomAnimation: false,
    zoomAnimation: false,
  });
}

// Called once per map: the wheel zooms only together with Ctrl, one finger scrolls the page and two move the map.
export function settle(map) {
  const box = map.getContainer();
  map.options.maxZoom = Math.min(map.options.maxZoom || DEEPEST, DEEPEST);
  map.scrollWheelZoom.disable();
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Map. The arrow keys move it, plus and minus change how near it is.");
  map.attributionControl.setPrefix("Leaflet");
  // Names come in an attribute of our own element: [[name, latitude, longitude, is it a neighbourhood], …].
  const frame = box.closest("[data-names]");
  if (frame) {
    JSON.parse(frame.dataset.names).forEach(([name, latitude, longitude, isArea]) =>
      nameArea(map, [latitude, longitude], name, isArea),
    );
  }
  // From far away only the names of neighbourhoods can be read.
  const showNames = () => box.classList.toggle("map--far", map.getZoom() < 12.5);
  map.on("zoomend", showNames);
  showNames();
  if (map.zoomControl) map.zoomControl.setPosition("bottomright");
  if (window.matchMedia("(pointer: coarse)").matches) map.dragging.disable();
  box.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      map.setZoomAround(map.mouseEventToContainerPoint(event), map.getZoom() + (event.deltaY < 0 ? 1 : -1));
    },
    { passive: false },
  );
  // A map that was hidden or squeezed when it was made has to measure itself again.
  if (window.ResizeObserver) new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
}

// Neighbourhoods as pale areas with dashed borders; a borough only as an outline. `url` answers GeoJSON with a name and kind.
export async function drawAreas(map, url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  let number = 0;
  L.geoJSON(await answer.json(), {
    interactive: false,
    style: ({ properties }) =>
      properties.kind === "borough"
        ? { color: COLOURS.outline, weight: 3, fill: false }
        : {
            color: COLOURS.border,
            weight: 2,
            dashArray: "7 6",
            fillColor: COLOURS.areas[number++ % COLOURS.areas.length],
            fillOpacity: 1,
          },
    onEachFeature: ({ properties }, layer) => {
      if (properties.kind !== "borough" && layer.getBounds) {
        nameArea(map, layer.getBounds().getCenter(), properties.name);
      }
    },
  })
    .addTo(map)
    .bringToBack();
}

function nameArea(map, position, name, isArea = true) {
  const words = document.createElement("span");
  words.textContent = name;
  const icon = L.divIcon({ className: isArea ? "area-name" : "area-name area-name--small", html: words, iconSize: [0, 0] });
  mute(map, position, icon, -1000);
}

// The place that was asked for, as a dot. The page says in words which place it is.
export function drawPlace(map, place) {
  mute(map, place, L.divIcon({ className: "place-dot", html: document.createElement("span"), iconSize: [0, 0] }), 500);
}

// Something to look at only: no pointer, no focus, not read out.
function mute(map, position, icon, zIndexOffset) {
  const marker = L.marker(position, { icon, interactive: false, keyboard: false, zIndexOffset });
  marker.on("add", () => marker.getElement().setAttribute("aria-hidden", "true"));
  return marker.addTo(map);
}

// Sees all positions at once, with room for the pins that stand on them and clear of the zoom buttons at the right.
// Without tiles there is nothing to see from near.
export function fit(map, positions) {
  let hasTiles = false;
  map.eachLayer((layer) => {
    hasTiles = hasTiles || layer instanceof L.TileLayer;
  });
  map.fitBounds(L.latLngBounds(positions), {
    animate: false,
    maxZoom: hasTiles ? 16 : 13.5,
    paddingTopLeft: [28, 52],
    paddingBottomRight: [map.zoomControl ? 80 : 28, 34],
  });
}

const SVG = "http://www.w3.org/2000/svg";

// The arch of a front door with a foot that points at the place. The look is in the stylesheet.
export function archIcon(words) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 34 46");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const arch = document.createElementNS(SVG, "path");
  arch.setAttribute("d", "M2 34V17a15 15 0 0 1 30 0v17h-9l-6 10-6-10z");
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", "17");
  text.setAttribute("y", "26");
  text.setAttribute("text-anchor", "middle");
  text.textContent = words;
  // Three figures are pressed together a little, so that they stay inside the arch.
  if (words.length > 2) {
    text.setAttribute("textLength", "23");
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
  svg.append(arch, text);
  return L.divIcon({ className: "pin", html: svg, iconSize: [44, 46], iconAnchor: [22, 46] });
}
