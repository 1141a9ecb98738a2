"""Which interactions of higher order the data call for."""
