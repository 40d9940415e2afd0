// The shape of a recording for the waveform: coarse for the whole of it at once, finer where somebody looks closer.
"use strict";
window.shapeOf = async (src, total, points = 3000) => {
  const finest = Math.min(100, 300000 / total); // pairs of smallest and largest a second; hours take a few megabytes
  const pairs = Math.max(2, Math.ceil(total * finest)), data = new Float32Array(2 * pairs);
  const asked = async (query) => {
    const answer = await fetch(`${src}/peaks?${query}`);
    if (!answer.ok) throw new Error(`the waveform: ${answer.status}`);
    return answer.json();
  };
  // All channels together: what is heard on one side alone is seen too.
  const put = ({ data: drawn, channels, length, start, samples_per_pixel, sample_rate }) => {
    const step = samples_per_pixel / sample_rate, point = (at) => Math.min(length - 1, Math.max(0, Math.floor((at / finest - start) / step)));
    const from = Math.max(0, Math.ceil(start * finest)), to = Math.min(pairs, Math.ceil((start + length * step) * finest));
    for (let at = from; at < to; at += 1) {
      let low = 127, high = -127;
      for (let i = point(at) * 2 * channels; i < Math.max(point(at + 1), point(at) + 1) * 2 * channels; i += 2) { low = Math.min(low, drawn[i]); high = Math.max(high, drawn[i + 1]); }
      data[2 * at] = low / 127;
      data[2 * at + 1] = high / 127;
    }
  };
  const whole = await asked(`points=${points}`);
  put(whole);
  const enough = (3 * whole.length) / total, tile = 6000 / finest, fetched = new Set(); // a bar takes three pixels
  // Fetch what is looked at, where the whole is too coarse for it; `then` draws anew.
  const refine = async (pxPerSecond, from, to, then) => {
    if (pxPerSecond <= enough) return;
    const wanted = [];
    for (let at = Math.max(0, Math.floor(from / tile)); at * tile < Math.min(to, total); at += 1) if (!fetched.has(at)) wanted.push(at);
    wanted.forEach((at) => fetched.add(at));
    const got = await Promise.allSettled(wanted.map(async (at) => put(await asked(`points=6000&start=${at * tile}&end=${Math.min((at + 1) * tile, total)}`))));
    got.forEach((one, i) => { if (one.status === "rejected") fetched.delete(wanted[i]); }); // asked again at the next look
    if (got.some((one) => one.status === "fulfilled")) then();
  };
  return { data, refine };
};
