"""Scripts of the staff pages: `ops/bundle.mjs` makes `dist` of `entries` and their `scripts`."""
