// Whether this phone was shut out. It is asked without a session, and answered with the phone's own
// proofs: a thief who cannot sign in still makes the phone erase what it keeps.
import { eraseAccount, loadPhones } from "./field_store.js";

// Erase what accounts that shut the phone out kept here. Returns these accounts, and whether the one
// that was signed in last is among them.
export async function eraseShutOut(fetchFrom) {
  const accounts = [];
  let hasLast = false;
  for (const [account, proof] of loadPhones()) {
    const answer = await fetchFrom("/field/standing", { headers: { "X-Veritem-Phone": proof } });
    if (!answer.ok || (await answer.json()).standing !== "out") continue;
    accounts.push(account);
    hasLast = (await eraseAccount(account)) || hasLast;
  }
  return { accounts, hasLast };
}
