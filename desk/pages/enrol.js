// Enrols this device: makes an Ed25519 key that cannot be exported, signs the one-time code with it
// (a compact JWS, see stamps/device_enrolment.py), and keeps the key in this browser.
//
// The key is stored before it is sent: when the answer is lost, the same code with the same key
// again is answered again.
"use strict";
const encoder = new TextEncoder();
const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const encodeJson = (value) => toBase64url(encoder.encode(JSON.stringify(value)));

function openStore() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("veritem-device", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("device");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function useStore(mode, use) {
  const store = await openStore();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = store.transaction("device", mode);
      const request = use(transaction.objectStore("device"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    store.close();
  }
}

const load = (name) => useStore("readonly", (store) => store.get(name));
const save = (name, value) => useStore("readwrite", (store) => store.put(value, name));
const forget = (name) => useStore("readwrite", (store) => store.delete(name));

async function loadPendingKeys() {
  const pending = await load("pending");
  if (pending) return pending;
  const keys = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  await save("pending", keys);
  return keys;
}

async function signEnrolment(keys, code) {
  const x = toBase64url(await crypto.subtle.exportKey("raw", keys.publicKey));
  const jwk = { kty: "OKP", crv: "Ed25519", x };
  const signed = `${encodeJson({ alg: "EdDSA", typ: "veritem-enrolment", jwk })}.${encodeJson({ code })}`;
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, keys.privateKey, encoder.encode(signed));
  return `${signed}.${toBase64url(signature)}`;
}

function show(name, fields = {}) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const here = part.dataset.part;
    part.hidden = here === "form" ? name === "done" : here !== name;
    if (here === name) {
      for (const [field, text] of Object.entries(fields)) {
        const place = part.querySelector(`[data-field=${field}]`);
        if (place) place.textContent = text;
      }
      part.focus();
    }
  }
}

async function enrol(form) {
  let keys;
  try {
    keys = await loadPendingKeys();
  } catch {
    return show("unsupported");
  }
  const body = new URLSearchParams(new FormData(form));
  body.set("request", await signEnrolment(keys, body.get("code")));
  body.delete("code");
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  const answer = await fetch(form.action, { method: "POST", body, headers });
  const told = await answer.json();
  if (!answer.ok) return show("refused", { title: told.title });
  const { id, account, kind, label } = told;
  await save("enrolled", { id, account, kind, label, keys });
  await forget("pending");
  return show("done", { account, label });
}

const form = document.querySelector("form[data-enrol]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await enrol(form);
  } catch {
    show("offline");
  } finally {
    button.disabled = false;
  }
});
load("enrolled").then((device) => device && show("known", device), () => show("unsupported"));
