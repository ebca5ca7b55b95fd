"""The usage log and its privacy: what is counted, under which pseudonym, and how it is read back."""
