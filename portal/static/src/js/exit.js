// "Leave fast": hides the page at once, then takes its place in the history, so that Back does not return to it.
// Without script it is a plain link.
export function watchExit() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-exit]");
    if (!link) return;
    event.preventDefault();
    document.title = "…";
    document.body.hidden = true;
    window.location.replace(link.href);
  });
}
