// The small map of one place that a group writes about: a pin that can be pushed to the door. Without script, and by
// keyboard, the buttons beside the map move it.
import { archIcon, fit, settle } from "./base.js";

// options: point [lat, lon]. The position goes into the fields #latitude and #longitude of the page's form.
export function hereaboutsMovable(map, { point }) {
  settle(map);
  const marker = L.marker(point, { icon: archIcon(""), draggable: true, autoPan: true, keyboard: false });
  marker.on("add", () => {
    marker.getElement().classList.add("pin--lit");
    marker.getElement().setAttribute("aria-hidden", "true");
  });
  marker.on("dragend", () => note(marker.getLatLng()));
  // Who presses where the door is wants the pin there, too.
  map.on("click", ({ latlng }) => {
    marker.setLatLng(latlng);
    note(latlng);
  });
  marker.addTo(map);
  fit(map, [point]);
}

function note({ lat, lng }) {
  document.getElementById("latitude").value = lat.toFixed(6);
  document.getElementById("longitude").value = lng.toFixed(6);
  document.getElementById("pin-moved").textContent = "The pin has moved. Press Save to keep it there.";
}
