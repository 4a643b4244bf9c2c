"""What a bug report needs, onto the clipboard."""
