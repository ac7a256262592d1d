// Says before anything leaves that a file is larger than the site takes: sending it for nothing could take minutes.
function fault(input, words) {
  const id = `${input.id}-too-large`;
  document.getElementById(id)?.remove();
  input.removeAttribute("aria-invalid");
  if (!words) return;
  const shown = document.createElement("p");
  shown.id = id;
  shown.className = "govuk-error-message";
  shown.setAttribute("role", "alert");
  shown.textContent = words;
  input.before(shown);
  input.setAttribute("aria-invalid", "true");
}

export function weighFiles() {
  for (const form of document.querySelectorAll("form[data-most-bytes]")) {
    const input = form.querySelector("input[type=file]");
    const isTooLarge = () => [...input.files].some((file) => file.size > Number(form.dataset.mostBytes));
    input.addEventListener("change", () => fault(input, isTooLarge() ? form.dataset.tooLarge : ""));
    form.addEventListener("submit", (event) => {
      if (!isTooLarge()) return;
      event.preventDefault();
      fault(input, form.dataset.tooLarge);
      input.focus();
    });
  }
}
