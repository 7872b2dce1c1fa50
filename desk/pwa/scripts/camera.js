// The camera at a packing line: frames are read until a symbol is found, with a torch where there
// is one.
import { readSymbols } from "./symbol_reader.js";

const PAUSE = 120;

export class Camera {
  constructor(video, addresses, { onText, onError }) {
    this.video = video;
    this.addresses = addresses;
    this.onText = onText;
    this.onError = onError;
    this.stream = null;
  }

  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    this.video.srcObject = this.stream;
    await this.video.play();
    this.read();
  }

  async read() {
    while (this.stream) {
      try {
        const texts = await readSymbols(this.video, this.addresses);
        // Two symbols in one picture may be neighbours: the packer must show one.
        if (this.stream && new Set(texts).size === 1) this.onText(texts[0]);
      } catch (error) {
        if (this.stream) this.onError(error);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  get track() {
    return this.stream?.getVideoTracks()[0];
  }

  hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  setTorch(isOn) {
    return this.track.applyConstraints({ advanced: [{ torch: isOn }] });
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }
}
