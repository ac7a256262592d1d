"""Organisations, services, locations, schedules and taxonomy: the nouns of Open Referral UK."""
