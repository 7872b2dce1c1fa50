// What an inspector's phone keeps: unsent findings (encrypted), the list, and what the phone proves
// itself with. A phone that was shut out erases all of it.
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

export const getPhone = () => localStorage.getItem(PHONE_KEY) ?? "";
export const setPhone = (proof) => localStorage.setItem(PHONE_KEY, proof);

// {base, delta} as stored: the bytes of two files, delta null without one; null without a list.
export async function loadFiles() {
  return (await (await lists()).get("files", "list")) ?? null;
}

export async function storeFiles(files) {
  await (await lists()).put("files", files, "list");
}

// Erase everything of the page on this phone.
export async function eraseAll() {
  localStorage.removeItem(PHONE_KEY);
  await queue.eraseAll();
  (await lists()).clear("files");
  await caches.delete(CACHE);
  const registration = await navigator.serviceWorker?.getRegistration("/field");
  await registration?.unregister();
}
