// Reads binary fuse filters of 8 bits and marks of 40 bits (stamps/fuse_filter.py,
// stamps/listed_codes.py has the formats).
const HEADER = 28;
const MARK_BYTES = 5;
const word = (number) => BigInt.asUintN(64, number);

function mix(key) {
  let mixed = key ^ (key >> 33n);
  mixed = word(mixed * 0xff51afd7ed558ccdn);
  mixed ^= mixed >> 33n;
  mixed = word(mixed * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}

export class FuseFilter {
  constructor(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.seed = view.getBigUint64(0, true);
    this.size = view.getUint32(8, true);
    this.length = view.getUint32(12, true);
    this.reach = view.getUint32(20, true);
    const slots = view.getUint32(24, true);
    if (bytes.length !== HEADER + slots) throw new Error("the filter has another length");
    this.slots = bytes.subarray(HEADER);
  }

  // Whether a key may be in the set; false is certain.
  contains(key) {
    if (!this.size) return false;
    const hash = mix(word(key + this.seed));
    const first = Number((hash * BigInt(this.reach)) >> 64n);
    const mask = this.length - 1;
    // The masks are shorter than 18 bits, so that 32-bit operations hold.
    const second = (first + this.length) ^ (Number((hash >> 18n) & 0xffffffffn) & mask);
    const third = (first + 2 * this.length) ^ (Number(hash & 0xffffffffn) & mask);
    const wanted = Number((hash ^ (hash >> 32n)) & 255n);
    return (wanted ^ this.slots[first] ^ this.slots[second] ^ this.slots[third]) === 0;
  }
}

// Whether a key is among sorted marks of five bytes.
export function isMarked(key, marks) {
  const wanted = Number(mix(key) >> 24n);
  let low = 0;
  let high = marks.length / MARK_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    let mark = 0;
    for (let at = 0; at < MARK_BYTES; at += 1) mark = mark * 256 + marks[middle * MARK_BYTES + at];
    if (mark === wanted) return true;
    if (mark < wanted) low = middle + 1;
    else high = middle;
  }
  return false;
}
