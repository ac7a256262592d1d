// Suggestions while typing: the list box of a combobox, as WAI-ARIA 1.2 describes it.
import { say } from "./say.js";

const PAUSE = 120; // milliseconds without a key before we ask
const SHORTEST = 2;

export function offerSuggestions() {
  document.querySelectorAll("form[data-suggest]").forEach((form) => {
    const input = form.elements.q;
    if (input) new Suggestions(form, input);
  });
}

class Suggestions {
  constructor(form, input) {
    this.form = form;
    this.input = input;
    this.list = document.createElement("ul");
    this.list.id = "suggestions";
    this.list.className = "suggestions";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    input.parentElement.classList.add("search__field");
    input.parentElement.append(this.list);
    this.found = [];
    this.chosen = -1;
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.wait());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // Before the click the field would lose the focus and close the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(Number(option.dataset.index));
    });
  }

  wait() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    if (this.asking) this.asking.abort();
    const text = this.input.value.trim();
    if (text.length < SHORTEST) {
      this.close();
      return;
    }
    this.asking = new AbortController();
    try {
      const address = `${this.form.dataset.suggest}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { signal: this.asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { suggestions } = await answer.json();
      if (document.activeElement === this.input) this.show(suggestions);
    } catch (problem) {
      if (problem.name !== "AbortError") this.close();
    }
  }

  show(suggestions) {
    this.found = suggestions;
    this.chosen = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.textContent = "";
    suggestions.forEach((suggestion, index) => this.list.append(this.option(suggestion, index)));
    this.open(suggestions.length > 0);
    const count = suggestions.length;
    if (count) say(`${count} ${count === 1 ? "suggestion" : "suggestions"}. Use the arrow keys.`);
  }

  option({ text, hint }, index) {
    const option = document.createElement("li");
    option.id = `suggestion-${index}`;
    option.className = "suggestions__option";
    option.dataset.index = index;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const words = document.createElement("span");
    words.textContent = text;
    option.append(words);
    if (hint) {
      const more = document.createElement("span");
      more.className = "suggestions__hint";
      more.textContent = hint;
      option.append(" ", more);
    }
    return option;
  }

  open(is) {
    this.list.hidden = !is;
    this.input.setAttribute("aria-expanded", String(is));
  }

  stopAsking() {
    window.clearTimeout(this.timer);
    if (this.asking) this.asking.abort();
  }

  close() {
    this.stopAsking();
    this.chosen = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.open(false);
  }

  key(event) {
    const is = !this.list.hidden;
    if (event.key === "Escape" && is) {
      this.close();
    } else if (event.key === "Enter" && is && this.chosen >= 0) {
      this.take(this.chosen);
    } else if (event.key === "ArrowDown" && is) {
      this.choose(this.chosen + 1);
    } else if (event.key === "ArrowUp" && is) {
      this.choose(this.chosen < 0 ? this.found.length - 1 : this.chosen - 1);
    } else {
      return;
    }
    event.preventDefault();
  }

  // One step beyond either end is the field itself. A late answer must not take the list away from under the finger.
  choose(index) {
    this.stopAsking();
    this.chosen = index >= this.found.length ? -1 : index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === this.chosen)));
    const option = this.list.children[this.chosen];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  take(index) {
    const { text, href } = this.found[index];
    this.close();
    if (href && /^\/(?!\/)/.test(href)) {
      window.location.assign(href);
    } else {
      this.input.value = text;
      this.form.submit();
    }
  }
}
