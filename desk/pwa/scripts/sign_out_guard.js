// On every page: how many activations wait on this phone, and no sign-out while some are the
// account's own.
import { canQueue, countActs, forgetAccount, loadAccount } from "./act_queue.js";

export function guardSignOut() {
  const warning = document.getElementById("unsent-warning");
  if (!warning || !canQueue()) return;
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const owner = await loadAccount();
      const { own } = await countActs(owner?.account);
      warning.hidden = own === 0;
      if (own > 0) {
        warning.focus();
        return;
      }
      await forgetAccount();
      HTMLFormElement.prototype.submit.call(form);
    });
  }
}

// The entry of the menu says how much waits.
export async function showUnsent() {
  const entry = document.querySelector('nav.menu a[href="/activate"]');
  if (!entry || !canQueue()) return;
  const { own, others } = await countActs((await loadAccount())?.account);
  if (own + others === 0) return;
  const badge = document.createElement("b");
  badge.className = "badge";
  badge.textContent = String(own + others);
  entry.append(" ", badge);
}
