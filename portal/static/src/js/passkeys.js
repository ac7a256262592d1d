// Passkeys: hands the server's question to the device, and the device's answer back in a form of the page.
import { say } from "./say.js";

const REFUSED = "That did not work, or it was stopped. Nothing has changed.";
const MISSING = "This browser does not know passkeys. Use your password, or another browser.";

export function runPasskeys() {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const again = form.querySelector("[data-passkey-again]");
  again.querySelector("button").addEventListener("click", () => ask(form, again));
  ask(form, again);
}

async function ask(form, again) {
  const says = form.querySelector("[data-passkey-says]");
  if (!window.PublicKeyCredential) {
    says.textContent = MISSING;
    return;
  }
  again.hidden = true;
  try {
    const options = JSON.parse(form.dataset.options);
    const answer = form.dataset.passkey === "create" ? await make(options) : await show(options);
    form.elements.credential.value = JSON.stringify(answer);
  } catch {
    says.textContent = REFUSED;
    say(REFUSED);
    again.hidden = false;
    return;
  }
  form.submit();
}

async function make(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: keys(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  const { response } = made;
  return {
    ...named(made),
    response: {
      attestationObject: text(response.attestationObject),
      clientDataJSON: text(response.clientDataJSON),
      transports: response.getTransports ? response.getTransports() : [],
    },
  };
}

async function show(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: keys(options.allowCredentials),
  };
  const shown = await navigator.credentials.get({ publicKey });
  const { response } = shown;
  return {
    ...named(shown),
    response: {
      authenticatorData: text(response.authenticatorData),
      clientDataJSON: text(response.clientDataJSON),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  };
}

const named = (credential) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type });

const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

// Base64 as WebAuthn writes it: with - and _, and nothing at the end.
function bytes(written) {
  const plain = atob(written.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}
