// The list that an inspector's phone carries: the full snapshot and the newest delta, verified.
//
// The keys that verify come from the desk over the inspector's session; a snapshot that they did
// not sign, or that is older than the one at hand, is refused. Without Ed25519 in the browser
// nothing is taken.
import { FuseFilter, isMarked } from "./fuse_filter.js";
import { getEpoch, makeKey, parseSignature } from "./stamp_text.js";

const PREFIX = "veritem field snapshot v1:";
const STAMP_PREFIX = "veritem stamp v1:";
const encoder = new TextEncoder();

export const canVerify = async () => {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
};

// JSON as it is signed: names sorted, no spaces.
function toCanonical(value) {
  if (Array.isArray(value)) return `[${value.map(toCanonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${toCanonical(value[name])}`).join(",")}}`;
}

async function importKey(keys, epoch) {
  const jwk = keys.find((one) => one.kid === `epoch-${epoch}` && one.crv === "Ed25519");
  if (!jwk) return null;
  const { kty, crv, x } = jwk;
  return crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
}

function fromBase64Url(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function verifyHead({ snapshot, signature }, keys) {
  if (signature.alg !== "EdDSA" || snapshot.format !== "veritem field snapshot v1") return false;
  const key = await importKey(keys, signature.kid.replace(/^epoch-/, ""));
  if (!key) return false;
  const signed = encoder.encode(PREFIX + toCanonical(snapshot));
  return crypto.subtle.verify("Ed25519", key, fromBase64Url(signature.signature), signed);
}

const toHex = (buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// {head, filter, left} of a file. Throws for one that the keys did not sign.
export async function openSnapshot(bytes, keys) {
  const end = bytes.indexOf(10);
  const first = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  if (!(await verifyHead(first, keys))) throw new Error("the snapshot's signature is not valid");
  const parts = {};
  let at = end + 1;
  for (const name of ["filter", "left"]) {
    const told = first.snapshot.parts[name];
    const part = bytes.subarray(at, at + told.bytes);
    if (toHex(await crypto.subtle.digest("SHA-256", part)) !== told.sha256) {
      throw new Error("the snapshot was changed");
    }
    parts[name] = part;
    at += told.bytes;
  }
  return { head: first.snapshot, filter: new FuseFilter(parts.filter), left: parts.left };
}

// What the phone knows of a stamp without a network: {epoch, signature, listed}.
// signature: "valid", "invalid", "none". listed: true, false, or null where it cannot know.
export async function askList(list, { code, signature }, now) {
  const { base, delta, head } = list;
  const isKnown = head.epochs.includes(getEpoch(code));
  let state = "none";
  if (signature) {
    const raw = parseSignature(signature);
    const key = raw && (await importKey(head.keys, getEpoch(code)));
    const message = encoder.encode(STAMP_PREFIX + code);
    const isValid = Boolean(key) && (await crypto.subtle.verify("Ed25519", key, raw, message));
    state = isValid ? "valid" : "invalid";
  }
  if (now >= Date.parse(head.expires_at)) return { isKnown, signature: state, listed: null };
  const key = makeKey(code);
  const inBase = base.filter.contains(key) && !(delta && isMarked(key, delta.left));
  return { isKnown, signature: state, listed: inBase || Boolean(delta?.filter.contains(key)) };
}
