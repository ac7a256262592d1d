// Buttons that need script: print this page, copy its link. They are hidden in the page until they can work.
import { say } from "./say.js";

export function offerSharing() {
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });
}

async function copy(button) {
  const words = button.querySelector("span") || button;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Link copied";
    say("Link copied");
  } catch {
    say("The link could not be copied");
  }
}
