// Records what the microphone hears, as a WAV file that every model of sounds reads.

let stop = null;

export const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

/** Starts or stops recording; the call that started it resolves to a WAV file. */
export async function record(show) {
  if (stop) {
    stop();
    return null;
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const parts = [];
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.ondataavailable = (event) => parts.push(event.data);
  stop = () => recorder.stop();
  recorder.start();
  show(true);
  try {
    await ended;
  } finally {
    stop = null;
    show(false);
    stream.getTracks().forEach((track) => track.stop());
  }
  const context = new AudioContext();
  const heard = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
  await context.close();
  return new File([wavOf(heard.getChannelData(0), heard.sampleRate)], "recording.wav", { type: "audio/wav" });
}

/** Returns samples in [-1, 1] as a WAV file of one channel, 16 bits. */
export function wavOf(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, 32767 * Math.max(-1, Math.min(1, value)), true));
  return view.buffer;
}
