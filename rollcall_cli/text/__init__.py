"""What every command prints, asks and reports alike: arguments, progress, tables, errors with their fixes."""
