"""Every figure of the ranking and every limit, in one place. docs/search.md explains them."""

# How much a word counts by where it stands: name over category over summary over description.
NAME, TERMS, ORGANISATION, SUMMARY, VENUE, DESCRIPTION = 1.0, 0.7, 0.5, 0.45, 0.4, 0.3
FIELD_WEIGHTS = (NAME, TERMS, ORGANISATION, SUMMARY, VENUE, DESCRIPTION)

# How much it counts by how it was found. A near spelling in a name stays below an exact word in a
# description, and below a stem there; a stem in a name stays above an exact word in a category.
EXACT, STEM, ONE_SLIP, TWO_SLIPS = 1.0, 0.8, 0.2, 0.15
ONE_SLIP_FROM, TWO_SLIPS_FROM = 4, 8
# A word that the directory knows this well is not stretched to its neighbours ("food" is not "good").
KNOWN_WELL_FROM = 3
NEAR_SPELLINGS = 20
NEAR_CANDIDATES = 400
SAME_NAME = 1.25

# The word itself in another spelling: British or American, joined or split ("lunchclub", "week end").
SPELLING = 0.9
# What the list of words people use adds: other words for it, and the needs and categories that it speaks of, which
# count like a word of TERMS. Both stay below the words themselves in the same field.
SYNONYM, MEANT_TERM = 0.6, 0.7
# From so many letters a word with one slip may be one that the list knows.
MEANT_FROM = 6
# Several words for one thing that do not stand side by side; and the only telling word of a known phrase, alone.
APART, ONLY_WORD = 0.8, 0.4
# A word that says little weighs so much of what it would. Where fewer services than this answer everything, those that
# answer this share of it, by weight, come after them with their score lowered.
LITTLE_SAID, FEW_ANSWER, LEAST_SHARE, PARTLY = 0.3, 5, 0.5, 0.4
# What answers in several of these ways (its own words, other words, its terms) gains a little for each further way.
AGREEING = 0.1
# Where so many services hold all words of a pair, nobody looks whether these stand side by side.
MOST_SIDE_BY_SIDE = 2_000
LEAST_PART, MOST_SPLITS = 2, 3

# "Did you mean" when fewer are found than this: so many questions at most, out of so many that are tried.
LITTLE_FOUND, MOST_RESPELLED, MOST_TRIED = 3, 3, 6

# Limits of a question.
LONGEST_QUESTION, MOST_WORDS, LONGEST_WORD = 200, 12, 40
LONGEST_PLACE = 100
MOST_VALUES = 50
LEAST_RADIUS, MOST_RADIUS = 0.1, 100.0
OLDEST = 120

# Distance halves nothing: at the edge of the radius a service keeps two thirds of its score.
DISTANCE_WEIGHT = 0.5
WITHOUT_POSITION = 1 / (1 + DISTANCE_WEIGHT / 2)

# Freshness, completeness, places.
AGEING_FROM_DAYS, STALE_FROM_DAYS = 183, 365
AGEING, STALE, THIN = 0.98, 0.95, 0.97
WAITING_LIST, FULL, CLOSED_FOR_NOW = 0.97, 0.92, 0.5

# Sessions: `DAYS_AHEAD` London days answer "Tuesdays" and "mornings"; dates may be asked for up to `DATES_AHEAD`.
DAYS_AHEAD, DATES_AHEAD = 35, 400
# A session belongs to a part of the day that it begins in, or that it fills for half an hour.
PARTS_OF_DAY = {"morning": (5 * 60, 12 * 60), "afternoon": (12 * 60, 17 * 60), "evening": (17 * 60, 23 * 60 + 59)}
LEAST_OVERLAP = 30
UP_TO_PENCE = 500

# Freshness of what one process knows, in seconds.
LOOK_EVERY = 0.5
CHANGES_AT_ONCE = 5_000
