"""What operators look at, as values, and the rules by which pages show it; no I/O."""
