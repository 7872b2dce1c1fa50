// Service worker of the field page.
import { servePage } from "../scripts/page_worker.js";

servePage("/field", "veritem-field");
