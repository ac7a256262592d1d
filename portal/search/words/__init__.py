"""Words people use and words of crisis: two lists that moderators edit."""
