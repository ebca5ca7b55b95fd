"""Signpost: finds the safeguarding policy that applies, and says what to do now and whom to contact."""
