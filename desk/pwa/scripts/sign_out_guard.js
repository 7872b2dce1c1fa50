// On every page: how many activations, findings and entries wait on this phone, and no sign-out while some are
// the account's own.
import * as packer from "./act_queue.js";
import { queue as diary } from "./entry_queue.js";
import { queue } from "./field_store.js";

const QUEUES = [
  ["/activate", packer],
  ["/field", queue],
  ["/diary", diary],
];

async function count(store) {
  const owner = await store.loadAccount();
  return store.countActs(owner?.account);
}

export function guardSignOut() {
  const warning = document.getElementById("unsent-warning");
  if (!warning || !packer.canQueue()) return;
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const counted = await Promise.all(QUEUES.map(([, store]) => count(store)));
      const own = counted.reduce((sum, one) => sum + one.own, 0);
      warning.hidden = own === 0;
      if (own > 0) {
        warning.focus();
        return;
      }
      await Promise.all(QUEUES.map(([, store]) => store.forgetAccount()));
      HTMLFormElement.prototype.submit.call(form);
    });
  }
}

// The entry of the menu says how much waits.
export async function showUnsent() {
  if (!packer.canQueue()) return;
  for (const [path, store] of QUEUES) {
    const entry = document.querySelector(`nav.menu a[href="${path}"]`);
    if (!entry) continue;
    const { own, others } = await count(store);
    if (own + others === 0) continue;
    const badge = document.createElement("b");
    badge.className = "badge";
    badge.textContent = String(own + others);
    entry.append(" ", badge);
  }
}
