"""What every room stands on: settings, database, clock, text, errors, access. No noun of the field."""

import gc

# A start makes some hundred thousand objects and hardly any rubbish. Python would look for it after every 700, which
# is a sixth of a start, and later takes its time in the middle of an answer.
gc.set_threshold(20_000)
