// Work that waits on a phone, in IndexedDB, encrypted under the key of the account.
//
// The desk gives an account's key to its own session only. The phone keeps it as a CryptoKey that
// no script can export. When another account signs in, or when the account signs out, the key is
// deleted here; the acts stay, unreadable, until their account signs in again.
import { openDB } from "idb";

const CURRENT = "current";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const canQueue = () => "indexedDB" in window && Boolean(window.crypto?.subtle);

async function encrypt(key, account, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = encoder.encode(account);
  const text = encoder.encode(JSON.stringify(value));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, text);
  return { account, iv, data };
}

async function decrypt(key, { account, iv, data }) {
  const additionalData = encoder.encode(account);
  const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data);
  return JSON.parse(decoder.decode(text));
}

// The store of one page; `name` is that of its database.
export function makeAccountStore(name) {
  async function open() {
    return openDB(name, 1, {
      upgrade(db) {
        const acts = db.createObjectStore("acts", { keyPath: "id", autoIncrement: true });
        acts.createIndex("account", "account");
        db.createObjectStore("keys");
        db.createObjectStore("states");
      },
    });
  }

  let opened = null;
  const database = () => (opened ??= open());

  // Take over the state of the account that is signed in; other accounts' keys and states go.
  async function adoptState(state) {
    const db = await database();
    const bytes = Uint8Array.from(atob(state.queue_key), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    const { queue_key: _key, csrf: _csrf, ...kept } = state;
    const sealed = await encrypt(key, state.account, kept);
    const change = db.transaction(["keys", "states"], "readwrite");
    await Promise.all([
      change.objectStore("keys").clear(),
      change.objectStore("states").clear(),
      change.objectStore("keys").put(key, state.account),
      change.objectStore("keys").put(state.account, CURRENT),
      change.objectStore("states").put(sealed, state.account),
      change.done,
    ]);
  }

  // The account whose key is on this phone, with its key and last state; null without one.
  async function loadAccount() {
    const db = await database();
    const account = await db.get("keys", CURRENT);
    const key = account && (await db.get("keys", account));
    if (!key) return null;
    const sealed = await db.get("states", account);
    return { account, key, state: sealed ? await decrypt(key, sealed) : null };
  }

  // Forget the account, at sign-out.
  async function forgetAccount() {
    const db = await database();
    await Promise.all([db.clear("keys"), db.clear("states")]);
  }

  async function addAct(owner, act) {
    const db = await database();
    return db.add("acts", await encrypt(owner.key, owner.account, act));
  }

  async function changeAct(owner, id, act) {
    const db = await database();
    return db.put("acts", { ...(await encrypt(owner.key, owner.account, act)), id });
  }

  async function removeAct(id) {
    return (await database()).delete("acts", id);
  }

  // The account's acts in the order in which they were made. One that the key does not open (the
  // desk's secret was replaced) is `unreadable`.
  async function listActs(owner) {
    const db = await database();
    const sealed = await db.getAllFromIndex("acts", "account", owner.account);
    return Promise.all(
      sealed.map(async (one) => {
        try {
          return { id: one.id, ...(await decrypt(owner.key, one)) };
        } catch {
          return { id: one.id, unreadable: true };
        }
      }),
    );
  }

  // How many acts wait on this phone: of the account, and of others whose key is not here.
  async function countActs(account) {
    const db = await database();
    const own = account ? await db.countFromIndex("acts", "account", account) : 0;
    return { own, others: (await db.count("acts")) - own };
  }

  // Erase an account with all that waits: it shut the phone out. Returns whether its key was here,
  // or none was.
  async function eraseAccount(account) {
    const db = await database();
    const current = await db.get("keys", CURRENT);
    const wasCurrent = !current || current === account;
    const sealed = await db.getAllKeysFromIndex("acts", "account", account);
    await Promise.all(sealed.map((id) => db.delete("acts", id)));
    if (wasCurrent) await forgetAccount();
    return wasCurrent;
  }

  return {
    adoptState,
    eraseAccount,
    loadAccount,
    forgetAccount,
    addAct,
    changeAct,
    removeAct,
    listActs,
    countActs,
  };
}
