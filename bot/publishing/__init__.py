"""From a folder of YAML to the version that the running program serves."""
