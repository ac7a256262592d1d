// The card that opens over the map when a pin is chosen. Its words are a fragment made by our own server.
export class Card {
  // closed: called when it closes, so that the pin goes dark.
  constructor(map, url, closed) {
    this.url = url;
    this.closed = closed;
    this.from = null;
    this.asked = 0;
    this.panel = document.createElement("div");
    this.panel.className = "map-card";
    this.panel.hidden = true;
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", "The pin you chose");
    this.words = document.createElement("div");
    this.words.className = "map-card__words stack stack--small";
    this.panel.append(this.words, closeButton(() => this.close()));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    const box = map.getContainer();
    (box.closest(".map") || box).insertAdjacentElement("afterend", this.panel);
  }

  async show(number, from, moveFocus) {
    const turn = ++this.asked;
    this.from = from || null;
    const answer = await fetch(this.url + number, { headers: { "X-Requested-With": "fetch" } });
    const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    // Somebody may have chosen another pin, or closed the card, in the meantime.
    if (turn !== this.asked) return;
    this.words.textContent = "";
    if (page) {
      [...page.body.childNodes].forEach((node) => this.words.append(document.importNode(node, true)));
    } else {
      const sorry = document.createElement("p");
      sorry.tabIndex = -1;
      sorry.textContent = "We could not open this one. It is in the list as well.";
      this.words.append(sorry);
    }
    this.panel.hidden = false;
    const start = this.words.querySelector("[tabindex], a");
    if (moveFocus && start) start.focus();
  }

  close(goBack = true) {
    this.asked += 1;
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.closed();
    if (goBack && this.from && document.contains(this.from)) this.from.focus();
  }
}

function closeButton(act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "map-card__close";
  button.setAttribute("aria-label", "Close");
  button.addEventListener("click", act);
  return button;
}
