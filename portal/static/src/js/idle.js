// Warns two minutes before a session ends, and lets the person stay. When it has ended, the page is hidden but kept,
// so that nothing typed is lost: after signing in again in another tab it is there as it was.
const WARN = 120;
const LOOK_EVERY = 5_000;

async function ask(init) {
  // A redirect leads to the sign-in page: nobody is signed in any more.
  const answer = await fetch("/account/stay", { redirect: "manual", cache: "no-store", ...init });
  return answer.ok ? answer.json() : null;
}

function inWords(seconds) {
  const minutes = Math.ceil(seconds / 60);
  return seconds < 45 ? "less than a minute" : minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

export function watchIdle() {
  const dialog = document.getElementById("stay");
  if (!dialog || !dialog.showModal) return;
  const title = document.title;
  const parts = [...dialog.querySelectorAll("[data-part]")];
  let endsAt = 0;
  let shown = "";
  let isAsking = false;
  let isQuiet = false;
  let lastWords = "";

  const left = () => Math.max(0, (endsAt - Date.now()) / 1000);
  const lasts = (seconds, since) => {
    endsAt = since + seconds * 1000;
  };

  function hide() {
    if (dialog.open) dialog.close();
    document.title = title;
    shown = "";
  }

  function show(part) {
    if (shown === part) return;
    shown = part;
    for (const other of parts) other.hidden = other.dataset.part !== part;
    const chosen = parts.find((other) => other.dataset.part === part);
    dialog.classList.toggle("stay--ended", part === "ended");
    dialog.setAttribute("aria-labelledby", chosen.querySelector("h2").id);
    dialog.setAttribute("aria-describedby", chosen.querySelector("p[id]").id);
    document.title = `${chosen.querySelector("h2").textContent} – ${title}`;
    // Opened anew, so that it is read out and the first button has the focus.
    if (dialog.open) dialog.close();
    dialog.showModal();
  }

  function sayHowLong() {
    const words = inWords(left());
    for (const place of dialog.querySelectorAll("[data-left]")) place.textContent = words;
    if (words !== lastWords && lastWords) dialog.querySelector("[data-said]").textContent = `${words} left`;
    lastWords = words;
  }

  // What the server says goes: another tab may have kept the session alive, or ended it.
  // It counts from when it was asked: the computer may have slept before the answer came.
  function believe(said, askedAt) {
    if (!said) return show("ended");
    if (said.user !== dialog.dataset.user) return window.location.replace("/account");
    lasts(said.seconds, askedAt);
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = said.token;
    if (said.seconds > WARN) {
      isQuiet = false;
      return hide();
    }
    sayHowLong();
    if (!(isQuiet && !said.can_stay)) show(said.can_stay ? "warning" : "last");
    return undefined;
  }

  async function talk(init) {
    if (isAsking) return;
    isAsking = true;
    try {
      const askedAt = Date.now();
      believe(await ask(init), askedAt);
    } catch {
      // The line is down: count on with what is known.
      if (left() === 0) show("ended");
    } finally {
      isAsking = false;
    }
  }

  function stay() {
    const form = dialog.querySelector("form");
    talk({ method: "POST", body: new URLSearchParams(new FormData(form)) });
  }

  function look() {
    if (shown === "ended") return;
    if (left() > WARN) return;
    if (shown && left() > 0) sayHowLong();
    else if (!isQuiet || left() === 0) talk();
  }

  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    stay();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => {
    isQuiet = true;
    hide();
  });
  dialog.querySelector("[data-check]").addEventListener("click", () => talk());
  // Escape means "I am here".
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (shown === "warning") stay();
    else if (shown === "last") dialog.querySelector("[data-close]").click();
  });
  // Back from the tab in which the person signed in, or from a nap of the computer.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && (shown || left() <= WARN)) talk();
  });
  // A page that comes back by the Back button tells an old time.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) talk();
  });

  lasts(Number(dialog.dataset.seconds), Date.now());
  window.setInterval(look, LOOK_EVERY);
}
