// Reads QR symbols from pictures: the browser's own detector, else ZXing, which is loaded when it
// is first needed.
const FORMATS = ["qr_code"];
let detector = null;

async function hasNative() {
  if (!("BarcodeDetector" in window)) return false;
  try {
    return (await BarcodeDetector.getSupportedFormats()).includes(FORMATS[0]);
  } catch {
    return false;
  }
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error("the decoder could not be loaded"));
    document.head.append(script);
  });
}

async function makeDetector({ decoder, wasm }) {
  if (await hasNative()) return new BarcodeDetector({ formats: FORMATS });
  if (!window.makeVeritemDecoder) await loadScript(decoder);
  return window.makeVeritemDecoder(wasm);
}

// The texts of the symbols in a picture; `addresses` are those of decoder and wasm.
export async function readSymbols(picture, addresses) {
  detector ??= makeDetector(addresses).catch((error) => {
    detector = null;
    throw error;
  });
  return (await (await detector).detect(picture)).map((found) => found.rawValue);
}

// Fetch the decoder ahead, so that the camera also works without a network.
export async function fetchAhead({ decoder, wasm }) {
  if ((await hasNative()) || navigator.connection?.saveData) return;
  await Promise.all([decoder, wasm].map((address) => fetch(address, { priority: "low" })));
}
