"""Networks as arrays: the stack, its layout in flat memory, noise, inference."""
