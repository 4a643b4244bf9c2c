"""Pictures from files, layers into files."""
