// Sign-out is refused while activations of the account wait on this phone; else its key goes.
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
