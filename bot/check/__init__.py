"""Everything that `signpost check` looks at; above the parts, as a card that does not fit is known once rendered."""
