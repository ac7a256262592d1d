"""A look at a page that hostile texts stand on: did anything of them run, load, or become an element?"""

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Page, Request

from tests.hostile import PRODUCT, TITLE

# Elements that none of our pages has, whatever stands in them.
_NEVER = (
    "applet audio base embed foreignobject frame iframe image isindex keygen listing marquee math mglyph "
    "noembed object picture plaintext portal set animate source video x xmp"
)
# Which hosts the site's own pages and honest listings lead to.
_HOSTS = ("example.org", "www.example.org")

_LOOK = """([never, hosts, product, title]) => {
  const found = [];
  if (window.__hit) found.push("A script ran.");
  if (document.title === title) found.push("A script changed the title.");
  if (document.documentElement.outerHTML.includes(product)) found.push("A template was worked out.");
  const addresses = ["href", "xlink:href", "src", "srcset", "action", "formaction", "data", "srcdoc", "poster", "ping",
    "background"];
  for (const one of document.querySelectorAll("*")) {
    const what = one.outerHTML.slice(0, 200);
    if (one.localName === "dialog" && one.id !== "stay") found.push(`A dialog of a stranger: ${what}`);
    if (never.includes(one.localName.toLowerCase())) found.push(`An element that is never there: ${what}`);
    if (["script", "style"].includes(one.localName) && !one.nonce) found.push(`An element without a nonce: ${what}`);
    if (one.localName === "meta" && one.httpEquiv) found.push(`A meta element that acts: ${what}`);
    for (const { name, value } of one.attributes) {
      if (/^on/i.test(name)) found.push(`A handler: ${what}`);
      if (!addresses.includes(name)) continue;
      let address;
      try {
        address = new URL(value, document.baseURI);
      } catch {
        found.push(`An address that is none: ${what}`);
        continue;
      }
      const isOurs = address.origin === location.origin;
      const isLink = one.localName === "a" && name === "href";
      const mayLead = "exit" in one.dataset || ["mailto:", "tel:"].includes(address.protocol)
        || (["http:", "https:"].includes(address.protocol) && hosts.includes(address.hostname));
      const isPicture = one.localName === "img" && address.protocol === "data:";
      if (!isOurs && !(isLink && mayLead) && !isPicture) found.push(`An address elsewhere: ${what}`);
    }
  }
  return found;
}"""

_TEXT = """() => [document.documentElement, ...document.querySelectorAll("template")]
  .map((root) => root.textContent)
  .concat([...document.querySelectorAll("[alt], [value], [content]")]
    .map((one) => `${one.alt || ""} ${one.value || ""} ${one.content || ""}`)).join(" ")"""


class Watched:
    """A page of a browser that is looked at after every step. `found` is what was wrong, with where."""

    def __init__(self, page: Page, own: str) -> None:
        """Watch a page; `own` is the address of the site, the only one that may be asked."""
        self.page, self.found, self.looks = page, list[str](), 0
        self._host = urlsplit(own).netloc
        page.on("dialog", self._hear_dialog)
        page.on("request", self._hear_request)
        page.on("popup", lambda popup: self.found.append(f"A window opened: {popup.url}"))

    def _hear_dialog(self, dialog: Dialog) -> None:
        self.found.append(f"{self.page.url}: a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _hear_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "about"} and parts.netloc != self._host:
            self.found.append(f"{self.page.url}: asked {request.url[:200]}")

    def go(self, path: str, status: int = 200) -> str:
        """Open a page of the site, look at it, and return every text on it."""
        answer = self.page.goto(path, wait_until="domcontentloaded")
        if answer is None or answer.status != status:
            self.found.append(f"{path}: answered {answer and answer.status}")
        return self.look()

    def look(self) -> str:
        """Look at the page as it is now, and return every text on it, with those in its fields."""
        self.looks += 1
        wrong: list[str] = self.page.evaluate(_LOOK, [_NEVER.split(), _HOSTS, PRODUCT, TITLE])
        self.found += [f"{self.page.url}: {one}" for one in wrong]
        text: str = self.page.evaluate(_TEXT)
        return text

    def assert_unharmed(self) -> None:
        """Fail when anything was wrong on any page, or when none was looked at."""
        assert self.looks
        assert not self.found, "\n".join([f"{len(self.found)} in {self.looks} looks:", *self.found[:30]])

    def linked(self) -> Any:
        """Return what search engines read in the page."""
        return self.page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text)")
