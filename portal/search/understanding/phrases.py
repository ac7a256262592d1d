"""Phrases that are the names of things, whatever day or price stands in them. They are never taken apart."""

_ALL = """
coffee morning; coffee mornings; good morning; good afternoon; good evening; morning sickness; morning after pill
morning after; afternoon tea; afternoon teas; cream tea; evening standard; evening primrose; evening meal; evening meals
sunday school; sunday schools; sunday best; saturday school; saturday schools; saturday job; saturday jobs
friday night project; thank god its friday; black friday; cyber monday; blue monday; brew monday; giving tuesday
shrove tuesday; pancake tuesday; ash wednesday; maundy thursday; palm sunday; mothering sunday; remembrance sunday
feel good friday; dress down friday; windrush day; may day; pancake day; weekend away; weekends away; weekend break
weekend breaks; man friday; girl friday
free school meal; free school meals; free school; free schools; free church; free churches; free from; free range
free style; free running; free will; free time; free spirit; free spirits; free speech; free play; free weights
free space; free spaces; free place; free places; free diving; free party; free masons; free cycle; free flow
of free; feel free; set free; break free; get free; be free; been free; gluten free; dairy free; wheat free
lactose free; nut free
egg free; meat free; fat free; sugar free; smoke free; smoking free; tobacco free
drug free; drugs free; alcohol free
dry free; pain free; debt free; crime free; violence free; stress free; anxiety free; hands free; carbon free
plastic free; waste free; barrier free; care free; child free; cash free; tax free; cruelty free; car free
traffic free; worry free; hassle free; phone free; screen free; fragrance free; latex free; symptom free
blood donation; organ donation; food donation; clothes donation; clothing donation; furniture donation; toy donation
book donation; donation point; donation points; donation centre; donation centres; donation bank; donation station
24/7; 9 to 5; here and now; now and then; from now on; until now; now what; what now
after school club; after school clubs; after school care; after school activities; after school activity
before school club; before school clubs; before and after school; breakfast club
open mind; open door; open day; open days; open mic; open table; open house; open university; open college
in the evening of life; sun cream; sun salutation; sun lounge
"""

# Whoever says one of these tells what happened to them, or cannot wait. The day and the time in it are then not those
# at which help should be open: they are left out, and narrow nothing down.
_TROUBLE = """
homeless; nowhere; evicted; eviction; bailiff; bailiffs; kicked out; thrown out; locked out; sacked; redundant; arrested
died; dead; dying; bereaved; funeral; court; payday; due; till; until; need help; help me; cant; cannot
hit; hits; hitting; beat; beats; beaten; attacked; assaulted; threatened; mugged; burgled; robbed; stabbed; scared
hungry; starving; no food; no money; no heating; no gas; no electric; no electricity; no water; freezing
depressed; despair; desperate; panic; appointment
"""


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(one.split()) for line in text.splitlines() for one in line.split(";") if one.strip())


FIXED = _phrases(_ALL)
TROUBLE = _phrases(_TROUBLE)
LONGEST = max(len(phrase) for phrase in FIXED)
