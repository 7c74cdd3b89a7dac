"""The command line: words in, exit codes out. It parses and asks; sessions work, views print."""
