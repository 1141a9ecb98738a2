"""The fast paths: compiled loops, arrays in and arrays out. The only room that knows numba."""
