"""A country pack of one's own for kladsim: every number still is a placeholder, as `kladsim new-country` writes it."""
