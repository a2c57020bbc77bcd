"""What the layer's classes read while recipes are parsed. Plain Python: `ci` uses and tests it without bitbake."""

# The modules that bitbake's `addpylib` makes known to recipes and classes.
BBIMPORTS = ["manifest", "crates", "npm", "users"]
