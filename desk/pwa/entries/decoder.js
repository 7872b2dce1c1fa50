// ZXing for browsers without a detector of their own; loaded when a camera is opened.
import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";

window.makeVeritemDecoder = (wasm) => {
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return new BarcodeDetector({ formats: ["qr_code"] });
};
