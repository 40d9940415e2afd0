"""The checks, a family a module; `mmar.audit.registry` lists them."""
