"""The canary: the product calls itself, as a customer and as an agent, and listens."""
