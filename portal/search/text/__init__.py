"""Words: how text is taken apart, what a question means, and how well a service answers it."""
