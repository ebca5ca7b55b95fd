"""What is looked for in a message before it is answered: danger first, then personal details to replace."""
