"""States from an energy: exactly, by enumeration, or by Markov chains."""
