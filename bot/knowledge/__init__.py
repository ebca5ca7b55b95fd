"""What Signpost knows: YAML files read into a checked, frozen `Knowledge`."""
