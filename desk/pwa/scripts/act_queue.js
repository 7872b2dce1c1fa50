// The queue of activations on the phone of a packer.
import { canQueue, makeAccountStore } from "./account_store.js";

export { canQueue };
export const {
  adoptState,
  loadAccount,
  forgetAccount,
  addAct,
  changeAct,
  removeAct,
  listActs,
  countActs,
} = makeAccountStore("veritem-packer");
