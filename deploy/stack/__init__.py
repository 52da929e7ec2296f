"""Run the whole call center on one machine as it runs in production: `make stack`."""
