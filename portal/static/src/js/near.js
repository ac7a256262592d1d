// "Near me": puts the position, rounded to about a hundred metres, into the field for the place. It is not kept anywhere.
const REFUSED = "Your phone did not say where you are. That is fine. Write a postcode or the name of a place instead.";
const LOST = "We could not find out where you are. Write a postcode or the name of a place instead.";

export function offerNearMe() {
  if (!("geolocation" in navigator) || !window.isSecureContext) return;
  document.querySelectorAll("[data-near-me]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => locate(button));
  });
}

function locate(button) {
  const form = button.form;
  const said = form.querySelector("[data-near-said]");
  const tell = (words) => {
    said.hidden = false;
    said.textContent = words;
  };
  said.setAttribute("role", "status");
  tell("Looking for where you are…");
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.where.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
      form.submit();
    },
    (problem) => {
      button.disabled = false;
      tell(problem.code === problem.PERMISSION_DENIED ? REFUSED : LOST);
      form.elements.where.focus();
    },
    { timeout: 10000, maximumAge: 60000 },
  );
}
