// The waveform editor of an item: the segments of the recording that make up its clip.
"use strict";
window.studio = window.studio ?? {};
studio.openSegments = (form) => {
  const SEGMENT = "rgba(10,102,102,.22)";
  const DISPUTED = "rgba(168,38,31,.28)";
  const CUE = "rgba(138,82,0,.34)";
  const box = form.querySelector("[data-editor]");
  const field = document.getElementById("timestamp");
  const list = box.querySelector("[data-segments]");
  const time = box.querySelector("[data-time]");
  const slider = box.querySelector("[data-zoom]");
  let audio = null;
  let wave = null;
  let regions = null;
  let selected = null;
  let queue = [];
  let loading = false;
  let showCues = () => {};

  // Times are hours, minutes and seconds; they are written to the field only when somebody moves something.
  const parseTime = (text) =>
    text
      .trim()
      .split(":")
      .reduce((sum, part) => sum * 60 + Number(part), 0);
  const formatTime = (seconds) => {
    const ms = Math.round(seconds * 1000);
    const whole = Math.floor(ms / 1000);
    const two = (n) => String(n).padStart(2, "0");
    const fraction = ms % 1000 ? `.${String(ms % 1000).padStart(3, "0")}` : "";
    return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${fraction}`;
  };
  const parseRanges = (text) =>
    text
      .split(/[;\n]+/)
      .map((part) => part.split(/\s*[,–~]\s*|\s*-\s*/))
      .filter((ends) => ends.length === 2)
      .map((ends) => ends.map(parseTime))
      .filter(([start, end]) => start < end);

  const duration = () => Number(form.dataset.duration);
  // A clip that was imported with the item is already cut: its times refer to the original video.
  const isPrecut = () => "precut" in form.dataset;
  const segments = () => [...list.children].map((row) => row.region).filter(Boolean);
  const ranges = () =>
    segments().length ? segments().map((region) => [region.start, region.end]) : [[0, duration()]];
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  const refreshRows = () => [...list.children].forEach((row) => row.refresh());

  const showLength = () => {
    const count = segments().length;
    const total = segments().reduce((sum, region) => sum + region.end - region.start, 0);
    let text = isPrecut() ? "whole clip" : "whole recording";
    if (count) text = `${count} segment${count > 1 ? "s" : ""}, ${total.toFixed(1)} s`;
    box.querySelector("[data-length]").textContent = text;
  };
  const write = () => {
    field.value = segments()
      .map((region) => `${formatTime(region.start)},${formatTime(region.end)}`)
      .join("\n");
    showLength();
    changed();
  };
  const select = (region) => {
    selected = region;
    [...list.children].forEach((row) => row.classList.toggle("on", row.region === region));
  };

  const element = (tag, properties, attributes = {}) => {
    const made = Object.assign(document.createElement(tag), properties);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  };
  const addRow = (region) => {
    const number = list.children.length + 1;
    const row = element("div", { className: "seg" }, { role: "group", "aria-label": `Segment ${number}` });
    row.region = region;
    const inputs = ["start", "end"].map((end) => {
      const input = element("input", { value: formatTime(region[end]) }, { "aria-label": `Segment ${end}` });
      input.addEventListener("change", () => {
        const value = parseTime(input.value);
        if (Number.isFinite(value)) region.setOptions({ [end]: value });
        input.value = formatTime(region[end]);
        write();
      });
      return input;
    });
    const listen = element("button", { type: "button", className: "tiny", textContent: "▶ Play" });
    listen.addEventListener("click", () => {
      select(region);
      play([[region.start, region.end]]);
    });
    const cell = element("span", {});
    cell.append(listen);
    const remove = element(
      "button",
      { type: "button", className: "x", textContent: "×" },
      { "aria-label": "Remove this segment" },
    );
    remove.addEventListener("click", () => {
      region.remove();
      row.remove();
      write();
    });
    row.append(element("span", { className: "muted", textContent: String(number) }), ...inputs, cell, remove);
    row.refresh = () => {
      [inputs[0].value, inputs[1].value] = [formatTime(region.start), formatTime(region.end)];
    };
    list.append(row);
    select(region);
  };
  const add = (start, end) =>
    regions.addRegion({
      id: `segment${crypto.getRandomValues(new Uint32Array(1))[0]}`,
      start,
      end,
      color: SEGMENT,
    });

  // Plays ranges of the recording one after the other.
  const play = (parts) => {
    queue = parts.map((part) => [...part]);
    if (!queue.length || !audio) return;
    [[audio.currentTime]] = queue;
    audio.play();
  };
  const followQueue = () => {
    if (!queue.length || audio.currentTime < queue[0][1] - 0.02) return;
    queue.shift();
    if (queue.length) [[audio.currentTime]] = queue;
    else audio.pause();
  };
  const toggle = () => {
    queue = [];
    if (audio?.paused) audio.play();
    else audio?.pause();
  };

  // A passage of the joined clip as ranges of the recording.
  const inRecording = (from, to) => {
    let before = 0;
    return ranges()
      .map(([start, end]) => {
        const range = [Math.max(from - before, 0) + start, Math.min(to - before + start, end)];
        before += end - start;
        return range;
      })
      .filter(([start, end]) => start < end);
  };
  // The position in the joined clip; null where the recording is played outside the segments.
  const clipPosition = () => {
    let before = 0;
    for (const [start, end] of ranges()) {
      if (audio.currentTime >= start && audio.currentTime <= end) return before + audio.currentTime - start;
      before += end - start;
    }
    return null;
  };
  const cues = () =>
    [...form.querySelectorAll("[data-cue]")].map((row) =>
      [...row.querySelectorAll("[name=cue_start], [name=cue_end]")].map((input) =>
        input.value === "" ? NaN : Number(input.value),
      ),
    );

  // Zoom: each step of the slider is the same factor. The current position, or else the selected segment or the
  // middle of the view, stays where it is.
  const pixelsPerSecond = () => Math.max(wave.options.minPxPerSec, wave.getWidth() / duration());
  const view = () => {
    const from = wave.getScroll() / pixelsPerSecond();
    return [from, from + wave.getWidth() / pixelsPerSecond()];
  };
  slider.addEventListener("input", () => {
    if (!wave) return;
    const fit = wave.getWidth() / duration();
    const largest = Math.max(200, 8 * fit);
    const [from, to] = view();
    const isVisible = (time) => time !== undefined && time >= from && time <= to;
    const candidates = [audio.currentTime || undefined, selected?.start, audio.currentTime];
    const fixed = candidates.find(isVisible) ?? (from + to) / 2;
    const offset = (fixed - from) * pixelsPerSecond();
    wave.zoom(slider.value === "0" ? 0 : fit * (largest / fit) ** (slider.value / slider.max));
    wave.setScroll(fixed * pixelsPerSecond() - offset);
  });

  const watchRegions = () => {
    let restoring = true;
    regions.on("region-created", (region) => {
      if (/^(disputed|cue)/.test(region.id)) return;
      addRow(region);
      if (!restoring) write();
    });
    regions.on("region-updated", (region) => {
      refreshRows();
      select(region);
      write();
    });
    regions.on("region-clicked", select);
    // What an inspector marked and where cues are heard, shown in the recording.
    const mark = (id, from, to, color) =>
      inRecording(from, to).forEach(([start, end], index) =>
        regions.addRegion({ id: `${id}-${index}`, start, end, color, drag: false, resize: false }),
      );
    showCues = () => {
      const drawn = regions.getRegions().filter((region) => region.id.startsWith("cue"));
      drawn.forEach((region) => region.remove());
      cues().forEach(([from, to], index) => {
        if (from < to) mark(`cue${index}`, from, to, CUE);
      });
    };
    return () => {
      if (!isPrecut()) {
        parseRanges(field.value).forEach(([start, end]) => add(start, Math.min(end, duration())));
      }
      restoring = false;
      showLength();
      if (form.dataset.disputed) mark("disputed", ...form.dataset.disputed.split(",").map(Number), DISPUTED);
      showCues();
    };
  };

  const open = async () => {
    if (!form.dataset.src || loading) return;
    loading = true;
    box.querySelector("[data-empty]")?.remove();
    const waveform = await studio.loadWaveform(form.dataset.src, duration());
    audio = new Audio(form.dataset.src);
    audio.preload = "metadata";
    wave = WaveSurfer.create({
      ...studio.waveformStyle(),
      container: box.querySelector("[data-wave]"),
      media: audio,
      peaks: [waveform.data],
      duration: duration(),
      height: 96,
      plugins: [WaveSurfer.Timeline.create({ height: 16, secondaryLabelOpacity: 1 })],
    });
    regions = wave.registerPlugin(WaveSurfer.Regions.create());
    if (!isPrecut()) regions.enableDragSelection({ color: SEGMENT });
    box.querySelector("[data-add-segment]").classList.toggle("hidden", isPrecut());
    const restore = watchRegions();
    audio.addEventListener("timeupdate", () => {
      const whole = (seconds) => formatTime(Math.floor(seconds));
      time.textContent = `${whole(audio.currentTime)} / ${whole(duration())}`;
      followQueue();
    });
    if (wave.getDuration()) restore();
    else wave.once("ready", restore);
    const opened = wave;
    let timer;
    const refine = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        waveform.refine(pixelsPerSecond(), ...view(), () => {
          if (wave === opened) opened.zoom(opened.options.minPxPerSec);
        });
      }, 120);
    };
    wave.on("scroll", refine);
    wave.on("zoom", refine);
    slider.value = "0";
    box.dataset.ready = "1";
  };

  field.addEventListener("change", () => {
    if (!regions || isPrecut()) return;
    segments().forEach((region) => region.remove());
    list.replaceChildren();
    const typed = field.value;
    parseRanges(typed).forEach(([start, end]) => add(start, end));
    field.value = typed;
  });

  return {
    formatTime,
    toggle,
    play,
    cues,
    inRecording,
    clipPosition,
    showLength,
    isOpen: () => audio !== null,
    showCues: () => showCues(),
    preview: () => play(ranges()),
    move: (by) => {
      if (audio) audio.currentTime += by;
    },
    addAtPosition: () => {
      if (regions && !isPrecut()) add(audio.currentTime, Math.min(audio.currentTime + 10, duration()));
    },
    // Moves the start or the end of the selected segment to the current position.
    setEnd: (end) => {
      if (!selected) return;
      const position = audio.currentTime;
      if (end === "start" ? position >= selected.end : position <= selected.start) return;
      selected.setOptions({ [end]: position });
      write();
      refreshRows();
    },
    open: () =>
      open().catch(() => studio.notify("The waveform cannot be loaded. Reload the page to try again.")),
    // Shows another recording from the start.
    replace: async (src, seconds) => {
      form.dataset.src = src;
      form.dataset.duration = seconds;
      delete form.dataset.precut;
      box.querySelector("[data-precut-note]")?.remove();
      if (wave) {
        audio.pause();
        wave.destroy();
        list.replaceChildren();
        field.value = "";
        loading = false;
      }
      await open();
      changed();
    },
  };
};
