"""Tones that stand for recordings, and files of every kind of WAV."""

import wave

import numpy as np

from tfapp.domains.audio.wav import encode_wav

RATE = 4000
PITCHES = {"low": 300.0, "high": 1200.0, "both": 0.0}


def tone(label, number, seconds=0.2, rate=RATE):
    """Return float samples of a class: a low tone, a high one, or one behind another.

    Every number gives another pitch and loudness.
    """
    generator = np.random.default_rng([number, len(label)])
    count = int(seconds * rate * generator.uniform(0.8, 1.2))
    times = np.arange(count) / rate
    pitch = np.full(count, PITCHES[label])
    if label == "both":
        pitch = np.where(np.arange(count) < count // 2, 300.0, 1200.0)
    pitch = pitch * generator.uniform(0.9, 1.1)
    noise = generator.normal(0, 0.02, count)
    sound = np.sin(2 * np.pi * pitch * times) + noise
    return (generator.uniform(0.2, 0.6) * sound).astype(np.float32)


def write_wav(path, samples, rate=RATE, channels=1):
    """Write float samples as 16 bits by Python's own writer, an independent oracle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
    return path


def class_folders(folder, count=10, speakers=3):
    """Write `count` tones of every class and speaker: CLASS/SPEAKER_NUMBER.wav."""
    for label in PITCHES:
        for number in range(count):
            name = f"voice{number % speakers}_{number}.wav"
            write_wav(folder / label / name, tone(label, number))
    return folder


def float_wav(samples, rate=RATE):
    """Return float samples as the content of a WAV file of 32-bit floats."""
    return encode_wav(np.asarray(samples, np.float32), rate)


LETTERS = {"a": "low", "b": "high"}


def spoken(text, number):
    """Return tones in a row, one for each letter of a text of a and b."""
    parts = [tone(LETTERS[t], 10 * number + i) for i, t in enumerate(text)]
    gap = np.zeros(RATE // 50, np.float32)
    return np.concatenate([gap, *(p for part in parts for p in (part, gap))])


def transcribed(folder, count=30):
    """Write a folder of recordings of letters, with transcripts.csv."""
    generator = np.random.default_rng(0)
    rows = ["path,text,speaker"]
    for number in range(count):
        text = "".join(generator.choice(list("ab"), generator.integers(1, 4)))
        write_wav(folder / f"{number:02d}.wav", spoken(text, number))
        rows.append(f"{number:02d}.wav,{text},voice{number % 3}")
    (folder / "transcripts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
