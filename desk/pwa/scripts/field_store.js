// What an inspector's phone keeps: unsent findings (encrypted), the list, and what the phone proves
// itself with. Inspectors may share a phone: each account has a proof of its own, from which the key
// of its findings follows, so they are readable when the account comes back. An account that shut
// the phone out loses what it kept here; the list goes with the account that was signed in last.
import { openDB } from "idb";
import { makeAccountStore } from "./account_store.js";

const NAME = "veritem-field";
const LIST = "veritem-field-list";
export const CACHE = "veritem-field";
export const PHONE_KEY = "veritem-field-phone";

export const queue = makeAccountStore(NAME);

let opened = null;
const lists = () =>
  (opened ??= openDB(LIST, 1, { upgrade: (db) => db.createObjectStore("files") }));

// The proofs by account, in the order in which the accounts first signed in here.
export function loadPhones() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(PHONE_KEY) ?? "{}")));
  } catch {
    return new Map();
  }
}

function storePhones(phones) {
  if (phones.size === 0) localStorage.removeItem(PHONE_KEY);
  else localStorage.setItem(PHONE_KEY, JSON.stringify(Object.fromEntries(phones)));
}

export const getPhone = (account) => loadPhones().get(account) ?? "";
export const setPhone = (account, proof) => storePhones(loadPhones().set(account, proof));

// {base, delta} as stored: the bytes of two files, delta null without one; null without a list.
export async function loadFiles() {
  return (await (await lists()).get("files", "list")) ?? null;
}

export async function storeFiles(files) {
  await (await lists()).put("files", files, "list");
}

// Erase what an account kept on this phone. Returns whether it was the last that was signed in:
// then the page keeps nothing but the findings of others, which no key on the phone opens.
export async function eraseAccount(account) {
  const phones = loadPhones();
  phones.delete(account);
  storePhones(phones);
  const wasCurrent = await queue.eraseAccount(account);
  if (!wasCurrent) return false;
  (await lists()).clear("files");
  await caches.delete(CACHE);
  const registration = await navigator.serviceWorker?.getRegistration("/field");
  await registration?.unregister();
  return true;
}
