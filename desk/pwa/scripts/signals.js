// Sound and vibration: a packer looks at the roll, not at the phone.
let audio = null;

// Browsers start sound after a touch only: call it in the handler of one.
export function prepareSound() {
  audio ??= window.AudioContext ? new AudioContext() : null;
  audio?.resume();
}

function beep(hertz, seconds) {
  if (!audio) return;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.3, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + seconds);
}

export function signalRead() {
  beep(1320, 0.12);
  navigator.vibrate?.(70);
}

export function signalProblem() {
  beep(220, 0.35);
  navigator.vibrate?.([120, 80, 120]);
}
