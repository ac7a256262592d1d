// A cluster stands in the middle of what it holds, and there it may cover a pin beside it. Clusters step aside; pins stay.
const FURTHEST = 40; // pixels that a cluster may step
const STEP = 4;
const DIRECTIONS = 16;
const PIN = { left: -22, top: -46, width: 44, height: 46 };
const CLUSTER = { left: -22, top: -22, width: 44, height: 44 };

// Nearest first, so that a cluster never steps further than it must.
const steps = [[0, 0]];
for (let far = STEP; far <= FURTHEST; far += STEP) {
  for (let turn = 0; turn < DIRECTIONS; turn += 1) {
    const angle = (2 * Math.PI * turn) / DIRECTIONS;
    steps.push([Math.round(far * Math.cos(angle)), Math.round(far * Math.sin(angle))]);
  }
}

// Does it once for all that happens at the same time.
export function keepApart(map) {
  let waits = false;
  map.on("layeradd zoomend moveend resize", () => {
    if (waits) return;
    waits = true;
    window.requestAnimationFrame(() => {
      waits = false;
      settleClusters(map);
    });
  });
}

function settleClusters(map) {
  const pane = map.getPanes().markerPane;
  const shift = map.containerPointToLayerPoint([0, 0]);
  const taken = [...pane.querySelectorAll(".pin")].map((pin) => boxOf(pin, PIN, shift));
  taken.push(...controls(map));
  const { x: width, y: height } = map.getSize();
  pane.querySelectorAll(".cluster").forEach((cluster) => {
    const box = boxOf(cluster, CLUSTER, shift);
    const isSeen = (one) => one.left >= 0 && one.top >= 0 && one.right <= width && one.bottom <= height;
    // What is half outside already may stay so.
    const mayLeave = !isSeen(box);
    let best = null;
    for (const [across, down] of steps) {
      const there = moved(box, across, down);
      if (!mayLeave && !isSeen(there)) continue;
      const covered = taken.reduce((sum, other) => sum + overlap(there, other), 0);
      if (!best || covered < best.covered) best = { covered, across, down, there };
      if (!best.covered) break;
    }
    taken.push(best.there);
    cluster.style.marginLeft = `${CLUSTER.left + best.across}px`;
    cluster.style.marginTop = `${CLUSTER.top + best.down}px`;
  });
}

// From Leaflet's own numbers: to measure each icon would lay out the page again and again.
function boxOf(element, shape, shift) {
  const { x, y } = L.DomUtil.getPosition(element).subtract(shift);
  const [left, top] = [x + shape.left, y + shape.top];
  return { left, top, right: left + shape.width, bottom: top + shape.height };
}

function controls(map) {
  const frame = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(".leaflet-control")]
    .map((control) => control.getBoundingClientRect())
    .filter(({ width }) => width > 0)
    .map(({ left, top, right, bottom }) => ({
      left: left - frame.left,
      top: top - frame.top,
      right: right - frame.left,
      bottom: bottom - frame.top,
    }));
}

const moved = ({ left, top, right, bottom }, across, down) => ({
  left: left + across,
  top: top + down,
  right: right + across,
  bottom: bottom + down,
});

function overlap(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return across > 0 && down > 0 ? across * down : 0;
}
