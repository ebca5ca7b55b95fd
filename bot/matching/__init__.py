"""From a practitioner's own words to the entries they may mean, ranked and scored."""
