"""The winner: retrained, tested once on the hold-out, exported."""
