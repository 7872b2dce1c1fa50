// Whether this phone was shut out. It is asked without a session, and answered with the phone's own
// proof: a thief who can not sign in still makes the phone erase what it keeps.
import { eraseAll, getPhone } from "./field_store.js";

export async function askShutOut(fetchFrom) {
  if (!getPhone()) return false;
  const answer = await fetchFrom("/field/standing");
  if (!answer.ok || (await answer.json()).standing !== "out") return false;
  await eraseAll();
  return true;
}
