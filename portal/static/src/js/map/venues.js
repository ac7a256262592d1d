// The small map on a service's page: one pin a venue. The addresses stand in words beside it.
import { archIcon, drawAreas, fit, settle } from "./base.js";

// options: points [[lat, lon], …] in the order of the page, and if wanted areasUrl.
export function hereaboutsVenues(map, { points, areasUrl }) {
  settle(map);
  if (areasUrl) drawAreas(map, areasUrl);
  points.forEach((point, index) => {
    const marker = L.marker(point, {
      icon: archIcon(points.length > 1 ? String(index + 1) : ""),
      interactive: false,
      keyboard: false,
    });
    marker.on("add", () => {
      marker.getElement().classList.add("pin--lit");
      marker.getElement().setAttribute("aria-hidden", "true");
    });
    marker.addTo(map);
  });
  if (points.length) fit(map, points);
}
