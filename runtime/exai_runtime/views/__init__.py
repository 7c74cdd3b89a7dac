"""How results look: for people, and for programs. Commands return values; only views print."""
