// Code and signature of a symbol's text, for a phone without a network.
//
// The desk reads every form that people paste (traceability/stamp_reader.py). The phone reads what
// symbols of ours say and what people type of a stamp; of anything else it says that it cannot
// read it.
const CODE = /^[0-9A-Z]{20}$/;
const ALIKE = { O: "0", I: "1", L: "1" };
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SIGNATURE = 103;
const GS1_SIGNATURE = 86;

function cleanCode(text) {
  const plain = text
    .normalize("NFKC")
    .replace(/[\s\p{Cf}\p{Dash_Punctuation}.·•]/gu, "")
    .toUpperCase()
    .replace(/[OIL]/g, (letter) => ALIKE[letter]);
  return CODE.test(plain) && !plain.includes("U") ? plain : null;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// {code, signature} of a text, signature null without one; null where no code is in it.
export function readStampText(text) {
  const scanned = text.trim().replace(/^\][A-Za-z][0-9A-Za-z]/, "");
  const short = /\/S\/([^?#&]+)(?:\?([^#]*))?/i.exec(scanned);
  const link = /\/01\/\d{14}\/(?:[^?#]*\/)?21\/([^/?#&]+)[^?#]*(?:\?([^#]*))?/i.exec(scanned);
  const element = /\(21\)([^()]+)/.exec(scanned);
  const found = short ?? link ?? element ?? [scanned, scanned];
  const tail = decode(found[1]).replace(/[\s),;/]+$/, "");
  const signed = /^(.*[0-9A-Z])\.([0-9A-Z]{60,})$/i.exec(tail);
  const code = cleanCode(signed ? signed[1] : tail);
  const inQuery = new URLSearchParams(found[2] ?? "").get("8030");
  return code && { code, signature: signed ? signed[2] : inQuery };
}

export const formatCode = (code) => code.replace(/(.{5})(?=.)/g, "$1 ");
export const getEpoch = (code) => ALPHABET.indexOf(code[0]);

// The last 64 bits of a code: its key in the list (stamps/listed_codes.py).
export function makeKey(code) {
  let number = 0n;
  for (const letter of code) number = (number << 5n) | BigInt(ALPHABET.indexOf(letter));
  return BigInt.asUintN(64, number);
}

// The 64 bytes of a printed signature; null for another form.
export function parseSignature(text) {
  if (text.length === GS1_SIGNATURE) {
    try {
      const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/") + "==");
      return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
    } catch {
      return null;
    }
  }
  const letters = [...text.toUpperCase()].map((letter) => ALPHABET.indexOf(letter));
  if (letters.length !== SIGNATURE || letters.includes(-1)) return null;
  let number = 0n;
  for (const letter of letters) number = (number << 5n) | BigInt(letter);
  if (number & 7n) return null;
  number >>= 3n;
  const bytes = new Uint8Array(64);
  for (let at = 63; at >= 0; at -= 1, number >>= 8n) bytes[at] = Number(number & 255n);
  return bytes;
}
