// Service worker of the form of entries.
import { servePage } from "../scripts/page_worker.js";

servePage("/new-entry", "veritem-diary");
