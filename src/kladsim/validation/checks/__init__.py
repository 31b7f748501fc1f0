"""The checks, a small file a family; each says which experiments it reads and how it judges them."""
