// Waveform data from the server: coarse for the whole recording at once, finer where the view is zoomed in.
"use strict";
window.studio = window.studio ?? {};
studio.loadWaveform = async (src, duration, points = 3000) => {
  // Pairs of minimum and maximum per second; hours of audio take a few megabytes.
  const rate = Math.min(100, 300000 / duration);
  const pairs = Math.max(2, Math.ceil(duration * rate));
  const data = new Float32Array(2 * pairs);
  const fetchPeaks = async (query) => {
    const response = await fetch(`${src}/peaks?${query}`);
    if (!response.ok) throw new Error(`waveform: status ${response.status}`);
    return response.json();
  };

  // All channels together: what is on one side alone is visible too.
  const store = ({ data: peaks, channels, length, start, samples_per_pixel, sample_rate }) => {
    const step = samples_per_pixel / sample_rate;
    const pointAt = (index) => Math.min(length - 1, Math.max(0, Math.floor((index / rate - start) / step)));
    const first = Math.max(0, Math.ceil(start * rate));
    const last = Math.min(pairs, Math.ceil((start + length * step) * rate));
    for (let index = first; index < last; index += 1) {
      let low = 127;
      let high = -127;
      const end = Math.max(pointAt(index + 1), pointAt(index) + 1) * 2 * channels;
      for (let i = pointAt(index) * 2 * channels; i < end; i += 2) {
        low = Math.min(low, peaks[i]);
        high = Math.max(high, peaks[i + 1]);
      }
      data[2 * index] = low / 127;
      data[2 * index + 1] = high / 127;
    }
  };

  const overview = await fetchPeaks(`points=${points}`);
  store(overview);
  const enough = (3 * overview.length) / duration; // pixels per second; a bar takes three pixels
  const tile = 6000 / rate;
  const loaded = new Set();
  // Loads the visible part where the overview is too coarse for it, then calls `redraw`.
  const refine = async (pixelsPerSecond, from, to, redraw) => {
    if (pixelsPerSecond <= enough) return;
    const wanted = [];
    for (
      let index = Math.max(0, Math.floor(from / tile));
      index * tile < Math.min(to, duration);
      index += 1
    ) {
      if (!loaded.has(index)) wanted.push(index);
    }
    wanted.forEach((index) => loaded.add(index));
    const load = async (index) => {
      const end = Math.min((index + 1) * tile, duration);
      store(await fetchPeaks(`points=6000&start=${index * tile}&end=${end}`));
    };
    const results = await Promise.allSettled(wanted.map(load));
    results.forEach((result, i) => {
      if (result.status === "rejected") loaded.delete(wanted[i]);
    });
    if (results.some((result) => result.status === "fulfilled")) redraw();
  };
  return { data, refine };
};

// The look of every waveform.
studio.waveformStyle = () => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return {
    normalize: true,
    waveColor: color("--muted"),
    progressColor: color("--accent"),
    cursorColor: color("--ink"),
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cspNonce: document.body.dataset.nonce,
  };
};
