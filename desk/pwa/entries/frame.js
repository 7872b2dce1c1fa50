// Runs on every staff page: htmx replaces the parts of a page whose state moves on.
import htmx from "htmx.org";

window.htmx = htmx;
