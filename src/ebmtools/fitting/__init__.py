"""An energy from states."""
