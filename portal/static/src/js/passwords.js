// A button below each password that shows what was typed. What is shown is hidden again before it is sent.
export function offerPasswords() {
  document.querySelectorAll('input[type="password"]').forEach((input) => {
    const label = document.querySelector(`label[for="${input.id}"]`);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--outline button--small show";
    button.setAttribute("aria-controls", input.id);
    const word = document.createElement("span");
    const which = document.createElement("span");
    which.className = "govuk-visually-hidden";
    which.textContent = `: ${label ? label.textContent.trim() : "password"}`;
    button.append(word, which);
    const turn = (shown) => {
      input.type = shown ? "text" : "password";
      word.textContent = shown ? "Hide" : "Show";
    };
    turn(false);
    button.addEventListener("click", () => turn(input.type === "password"));
    if (input.form) input.form.addEventListener("submit", () => turn(false));
    input.insertAdjacentElement("afterend", button);
  });
}
