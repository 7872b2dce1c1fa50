// Whose address a symbol names: the rules of traceability/stamp_host.py, for a phone without a
// network. Both are tested with tests/vectors/stamp-hosts-v1.json.
const ADDRESS = /([a-z][a-z0-9+.-]*):[/\\]{2}([^/?#\s\\]+)/gi;
const BARE = /^\s*([^/?#\s\\()]+\.[^/?#\s\\()]+)[/\\]/;
const SYMBOLOGY = /^\s*\][A-Za-z][0-9A-Za-z]/;
const USUAL_PORTS = { https: ":443", http: ":80" };
const MOST_ADDRESSES = 4;
const LONGEST_TEXT = 2048;
const NEAR = 2;
const SHORTEST_NAME = 4;
const FROM =
  "01358ijl|\u0131\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455" +
  "\u0442\u043c\u043d\u043a\u0432\u03bf\u03b1\u03b5\u03b9\u03bd\u03c1\u03c4\u03c5\u03ba";
const TO = "olesblllll" + "aeopcyxlls" + "tmhkb" + "oaelvptuk";
const ALIKE = new Map([...FROM].map((letter, at) => [letter, TO[at]]));
const PAIRS = [
  ["rn", "m"],
  ["vv", "w"],
  ["cl", "d"],
  ["-", ""],
];
const ORDER = ["own", "plain", "foreign", "lookalike"];

function toSkeleton(name) {
  const bare = name.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  const plain = [...bare].map((letter) => ALIKE.get(letter) ?? letter).join("");
  return PAIRS.reduce((text, [pair, letter]) => text.replaceAll(pair, letter), plain);
}

function measureDistance(first, second) {
  if (Math.abs(first.length - second.length) > NEAR) return NEAR + 1;
  let row = Array.from({ length: second.length + 1 }, (_, at) => at);
  for (let at = 1; at <= first.length; at += 1) {
    const above = row;
    row = [at];
    for (let column = 1; column <= second.length; column += 1) {
      const change = above[column - 1] + (first[at - 1] === second[column - 1] ? 0 : 1);
      row.push(Math.min(change, above[column] + 1, row[column - 1] + 1));
    }
  }
  return row[second.length];
}

function findLikeness(host, own) {
  const reasons = new Set();
  if (host.split(".").some((label) => label.startsWith("xn--"))) reasons.add("punycode");
  const name = host.split(":")[0].replace(/\.+$/, "");
  const plain = toSkeleton(name);
  for (const ours of own) {
    const bare = ours.split(":")[0];
    if (name === bare) {
      reasons.add("port");
      continue;
    }
    const labels = bare.split(".").filter((label) => /^\p{L}+$/u.test(label));
    const longest = toSkeleton(
      labels.reduce((most, label) => (label.length > most.length ? label : most), ""),
    );
    if (longest.length < SHORTEST_NAME) continue;
    if (measureDistance(plain, toSkeleton(bare)) <= NEAR) reasons.add("letters");
    else if (plain.includes(longest)) reasons.add("inside");
  }
  return [...reasons];
}

function judge(scheme, authority, own, wanted) {
  const at = authority.lastIndexOf("@");
  const account = at >= 0 ? authority.slice(0, at) : "";
  const port = USUAL_PORTS[scheme.toLowerCase()] ?? ":443";
  let host = authority.slice(at + 1).toLowerCase();
  if (host.endsWith(port)) host = host.slice(0, -port.length);
  host = host.replace(/\.+$/, "");
  if (!account && own.includes(host)) {
    const isPlain = scheme !== "" && ![wanted, "https"].includes(scheme.toLowerCase());
    return isPlain ? { kind: "plain", host, reasons: ["plain"] } : { kind: "own", host, reasons: [] };
  }
  const reasons = findLikeness(host, own);
  if (account) reasons.push("account");
  return { kind: reasons.length ? "lookalike" : "foreign", host, reasons };
}

// {kind, host, reasons}: `none` and `own` are ours; of several addresses the worst counts.
export function judgeHost(text, hosts, scheme = "https") {
  const cut = text.slice(0, LONGEST_TEXT).replace(SYMBOLOGY, "");
  let found = [...cut.matchAll(ADDRESS)].map((one) => [one[1], one[2]]);
  const bare = found.length ? null : BARE.exec(cut);
  if (bare) found = [["", bare[1]]];
  const own = hosts.map((host) => host.toLowerCase());
  return found
    .slice(0, MOST_ADDRESSES)
    .map(([named, authority]) => judge(named, authority, own, scheme))
    .reduce(
      (worst, one) =>
        worst.kind === "none" || ORDER.indexOf(one.kind) > ORDER.indexOf(worst.kind) ? one : worst,
      { kind: "none", host: "", reasons: [] },
    );
}

export const isOurs = ({ kind }) => kind === "none" || kind === "own";
