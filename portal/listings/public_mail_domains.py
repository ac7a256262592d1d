"""Hosts that many people share: having an address or a page there says nothing about a group."""

# Where anybody can have a mailbox. An address there is nobody's own domain.
_MAIL = """
gmail.com googlemail.com outlook.com outlook.co.uk hotmail.com hotmail.co.uk live.com live.co.uk msn.com
yahoo.com yahoo.co.uk ymail.com rocketmail.com icloud.com me.com mac.com aol.com aol.co.uk aim.com
btinternet.com btopenworld.com btconnect.com talktalk.net talktalk.co.uk tiscali.co.uk sky.com virginmedia.com
virgin.net ntlworld.com blueyonder.co.uk plusnet.com plus.net plus.com zen.co.uk ee.co.uk orange.net
orange.co.uk o2.co.uk vodafone.net fsmail.net freeserve.co.uk supanet.com lineone.net uwclub.net tesco.net
proton.me protonmail.com pm.me tutanota.com tuta.io fastmail.com fastmail.fm hushmail.com zoho.com zohomail.eu
gmx.com gmx.co.uk gmx.net mail.com email.com inbox.com yandex.com mail.ru qq.com 163.com web.de t-online.de
orange.fr free.fr libero.it wp.pl nhs.net cjsm.net duck.com mailinator.com
"""

# Where anybody can have a page: the name of the host is not the group's, whatever stands before or behind it.
_SITES = """
wordpress.com wixsite.com wix.com weebly.com squarespace.com godaddysites.com webador.co.uk webnode.page
google.com business.site blogspot.com blogspot.co.uk blogger.com facebook.com fb.com fb.me instagram.com
twitter.com x.com threads.net tiktok.com youtube.com youtu.be linkedin.com linktr.ee meetup.com eventbrite.com
eventbrite.co.uk nextdoor.co.uk nextdoor.com whatsapp.com wa.me t.me github.io gitlab.io netlify.app vercel.app
herokuapp.com pages.dev web.app firebaseapp.com azurewebsites.net amazonaws.com myshopify.com tumblr.com
medium.com substack.com notion.site notion.so carrd.co jimdo.com jimdosite.com jimdofree.com yolasite.com
btck.co.uk hugofox.com e-voice.org.uk charity.wales justgiving.com gofundme.com localgiving.org bit.ly
tinyurl.com ning.com webs.com strikingly.com mystrikingly.com sharepoint.com 000webhostapp.com duckdns.org
uk.com uk.net gb.net gb.com eu.org us.com
"""

# Under these ends each owner takes one more label: example.org.uk is one owner, org.uk is none.
SHARED_ENDS = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "ltd", "me", "mil", "mod", "net", "nhs", "nom",
                         "or", "org", "plc", "police", "sch"})  # fmt: skip

# Under these only public bodies have names; a community group's page there stands at somebody else's.
OFFICIAL_ENDS = (("gov", "uk"), ("nhs", "uk"), ("ac", "uk"), ("sch", "uk"), ("police", "uk"), ("mod", "uk"))

PUBLIC_MAIL = frozenset(_MAIL.split())
SHARED_SITES = frozenset(_SITES.split())
