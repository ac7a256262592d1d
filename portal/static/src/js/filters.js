// Filters apply without loading the page: the same address is fetched, and every part marked data-swap is exchanged.
import { say } from "./say.js";

const FORM = "filter-form";
let shown = "";
let asking = null;

export function watchFilters() {
  if (!document.getElementById(FORM) || !window.DOMParser || !window.AbortController) return;
  shown = addressHere();
  document.addEventListener("change", (event) => {
    if (event.target.form && event.target.form.id === FORM) apply(event.target.form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== FORM) return;
    event.preventDefault();
    apply(event.target);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    if (link && link.hash) fold(link);
  });
  window.addEventListener("popstate", () => {
    // A link to a place within the page comes by here too.
    if (addressHere() !== shown) show(addressHere(), false);
  });
}

// On a phone the filters are folded away: an error's link to a field in them opens them, "Close" folds them again.
function fold(link) {
  const filters = document.getElementById("filters");
  const place = document.getElementById(link.hash.slice(1));
  if (link.closest(".govuk-error-summary") && filters.contains(place)) {
    filters.classList.add("is-open");
  } else if (link.closest(".filters__close, .filters__done")) {
    filters.classList.remove("is-open");
  }
}

const addressHere = () => window.location.pathname + window.location.search;

function apply(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") query.append(name, value);
  }
  const words = query.toString();
  show(form.getAttribute("action") + (words ? `?${words}` : ""), true);
}

async function show(address, isNew) {
  if (asking) asking.abort();
  asking = new AbortController();
  waiting(true);
  try {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, signal: asking.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!exchange(page)) throw new Error("another kind of page");
    shown = canonical(page) || address;
    if (isNew) window.history.pushState(null, "", shown + window.location.hash);
    if (page.title) document.title = page.title;
    const title = document.querySelector("#found h1, h1");
    if (title) say(title.textContent.trim());
    document.dispatchEvent(new CustomEvent("hereabouts:swapped"));
    waiting(false);
  } catch (problem) {
    // A newer question is already on its way; anything else is settled by an ordinary page.
    if (problem.name !== "AbortError") window.location.assign(address);
  }
}

// The page's own short address, without what is the default anyway.
function canonical(page) {
  const link = page.querySelector("link[rel=canonical]");
  if (!link) return "";
  const { pathname, search } = new URL(link.getAttribute("href"), window.location.href);
  return pathname + search;
}

function waiting(is) {
  const results = document.getElementById("results");
  if (!results) return;
  results.classList.toggle("is-waiting", is);
  results.setAttribute("aria-busy", String(is));
}

// Returns false, and changes nothing, when the answer lacks a part that is on the page.
function exchange(page) {
  const parts = [...document.querySelectorAll("[data-swap]")];
  const fresh = parts.map((part) => page.getElementById(part.id));
  const hasMap = (place) => place.querySelector(".mapview") !== null;
  if (!parts.length || fresh.includes(null) || hasMap(document) !== hasMap(page)) return false;
  const folds = new Map([...document.querySelectorAll("[data-swap] details[id]")].map((fold) => [fold.id, fold.open]));
  const focus = focused();
  const height = window.scrollY;
  parts.forEach((part, index) => {
    part.textContent = "";
    [...fresh[index].childNodes].forEach((node) => part.append(document.importNode(node, true)));
  });
  typed(page);
  folds.forEach((isOpen, id) => {
    const fold = document.getElementById(id);
    if (fold) fold.open = isOpen;
  });
  if (focus) restore(focus);
  window.scrollTo(window.scrollX, height);
  return true;
}

// What was read out of the words has become choices: the box then holds what is left of them.
function typed(page) {
  for (const name of ["q", "where"]) {
    const box = document.querySelector(`#search [name=${name}]`);
    const fresh = page.querySelector(`#search [name=${name}]`);
    if (box && fresh && box !== document.activeElement) box.value = fresh.value;
  }
  const line = document.querySelector(".asked__words");
  const other = page.querySelector(".asked__words");
  if (line && other) line.replaceChildren(...[...other.childNodes].map((node) => document.importNode(node, true)));
}

// A box is known by its name and value: another order of the counts gives it another id.
function focused() {
  const here = document.activeElement;
  if (!here || !here.closest("[data-swap]")) return null;
  if (here.type === "checkbox") return { name: here.name, value: here.value };
  if (here.tagName === "SUMMARY") return { summary: here.parentElement.id };
  return { id: here.id };
}

function restore({ name, value, summary, id }) {
  let place = null;
  if (name) {
    place = [...document.querySelectorAll("input[type=checkbox]")].find((box) => box.name === name && box.value === value);
  } else if (summary) {
    const fold = document.getElementById(summary);
    place = fold && fold.querySelector("summary");
  } else if (id) {
    place = document.getElementById(id);
  }
  (place || document.getElementById("results")).focus({ preventScroll: true });
}
