// Runs on every staff page: htmx replaces the parts of a page whose state moves on.
import htmx from "htmx.org";
import { keepTypedText } from "../scripts/language_switch.js";
import { sendOnce } from "../scripts/send_once.js";
import { guardSignOut, showUnsent } from "../scripts/sign_out_guard.js";

window.htmx = htmx;
keepTypedText();
sendOnce();
guardSignOut();
showUnsent();
