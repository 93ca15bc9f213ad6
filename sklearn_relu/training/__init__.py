"""Training: jobs, epochs, batches, stopping rules, and fits that train together."""
