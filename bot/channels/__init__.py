"""Where people meet Signpost. Each channel turns its input into a Question or Press and renders the Reply."""
