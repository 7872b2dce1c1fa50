// Service worker of the activation page.
import { servePage } from "../scripts/page_worker.js";

servePage("/activate", "veritem-packer");
