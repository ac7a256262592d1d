// Says something to people who hear the page, without moving them from where they are.
export function say(words) {
  const status = document.getElementById("status");
  if (!status) return;
  status.textContent = "";
  // The same words twice are not read twice unless the place was empty in between.
  window.setTimeout(() => {
    status.textContent = words;
  }, 50);
}
