"""Couplings and interactions from any energy."""
