// Fills the first and the last stamp of a roll: from the camera, from a photo, from a hand scanner.
import { Camera } from "./camera.js";
import { prepareSound, signalProblem, signalRead } from "./signals.js";
import { readSymbols } from "./symbol_reader.js";

const byId = (id) => document.getElementById(id);
const CODE = /(?:^|[^0-9A-Z])([0-9A-HJKMNP-TV-Z]{20})(?:[^0-9A-Z]|$)/i;

// The code of a symbol's text in groups of five, as it is printed; the text where it has none.
function shorten(text) {
  const code = CODE.exec(text)?.[1];
  return code ? code.toUpperCase().replace(/(.{5})(?=.)/g, "$1 ") : text;
}

export class RollScan {
  constructor(words, addresses, onWhole) {
    this.words = words;
    this.addresses = addresses;
    this.onWhole = onWhole;
    this.fields = [byId("first"), byId("last")];
    this.camera = new Camera(byId("video"), addresses, {
      onText: (text) => this.take(text),
      onError: () => this.fail(words.cameraFailed),
    });
    byId("scan").hidden = false;
    byId("scan-start").addEventListener("click", () => this.open());
    byId("scan-stop").addEventListener("click", () => this.close());
    byId("torch").addEventListener("click", () => this.toggleTorch());
    byId("scan-file").addEventListener("change", (event) => this.readFiles(event.target));
    this.pair = this.fields[0].closest(".pair");
    this.fields.forEach((field, at) =>
      field.addEventListener("keydown", (event) => this.endLine(event, at)),
    );
  }

  // Codes are longer than numbers: the fields take the whole width.
  fit() {
    this.pair.classList.toggle("long", this.fields.some((field) => field.value.length > 10));
  }

  async open() {
    prepareSound();
    this.fields.forEach((field) => (field.value = ""));
    this.fit();
    byId("camera").hidden = false;
    this.say(this.words.scanFirst);
    if (!navigator.mediaDevices) return this.fail(this.words.needsHttps);
    try {
      await this.camera.start();
      byId("torch").hidden = !this.camera.hasTorch();
      byId("camera").scrollIntoView({ block: "center" });
    } catch {
      this.fail(this.words.cameraRefused);
    }
  }

  close() {
    this.camera.stop();
    byId("camera").hidden = true;
  }

  fail(text) {
    this.camera.stop();
    signalProblem();
    this.say(text);
  }

  say(text) {
    byId("camera-say").textContent = text;
  }

  // One symbol was read. The same one again is the camera that still looks at it.
  take(text) {
    const [first, last] = this.fields;
    const shown = shorten(text);
    if (!first.value) {
      first.value = shown;
      this.fit();
      signalRead();
      this.say(this.words.scanLast);
    } else if (shown !== first.value && !last.value) {
      last.value = shown;
      signalRead();
      this.close();
      this.onWhole();
    }
  }

  async readFiles(input) {
    byId("camera").hidden = false;
    let read = 0;
    for (const file of input.files) {
      try {
        const picture = await createImageBitmap(file);
        for (const text of await readSymbols(picture, this.addresses)) {
          read += 1;
          this.take(text);
        }
      } catch {
        read += 0;
      }
    }
    input.value = "";
    if (!read) this.fail(this.words.nothingRead);
  }

  async toggleTorch() {
    const button = byId("torch");
    const isOn = button.getAttribute("aria-pressed") !== "true";
    try {
      await this.camera.setTorch(isOn);
      button.setAttribute("aria-pressed", String(isOn));
    } catch {
      button.hidden = true;
    }
  }

  // A hand scanner ends what it types with Enter: it goes on to the next field.
  endLine(event, at) {
    if (event.key !== "Enter" || !event.target.value) return;
    event.preventDefault();
    if (at === 0) this.fields[1].focus();
    else this.onWhole();
  }
}
