// A clip with its waveform, the inspector's selection in it, and the keys of the inspection page.
"use strict";
(() => {
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const MARK = "rgba(168,38,31,.22)";

  const openPlayer = async (box) => {
    const { src } = box.dataset;
    const duration = Number(box.dataset.duration);
    const audio = new Audio(src);
    audio.preload = "metadata";
    const time = box.querySelector("[data-time]");
    let stopAt = null;
    const waveform = await studio.loadWaveform(src, duration, 1200);
    const wave = WaveSurfer.create({
      ...studio.waveformStyle(),
      container: box.querySelector("[data-wave]"),
      media: audio,
      peaks: [waveform.data],
      duration,
      height: 72,
    });
    const regions = wave.registerPlugin(WaveSurfer.Regions.create());
    audio.addEventListener("timeupdate", () => {
      time.textContent = `${clock(audio.currentTime)} / ${clock(duration)}`;
      if (stopAt !== null && audio.currentTime >= stopAt) {
        audio.pause();
        stopAt = null;
      }
    });
    const toggle = () => {
      stopAt = null;
      if (audio.paused) audio.play();
      else audio.pause();
    };
    const playRange = (start, end) => {
      audio.currentTime = start;
      stopAt = end;
      audio.play();
    };
    box.querySelector("[data-play]").addEventListener("click", toggle);
    document.querySelectorAll("[data-play-range]").forEach((button) => {
      button.addEventListener("click", () => playRange(...button.dataset.playRange.split(",").map(Number)));
    });
    requireListening(audio, duration);
    if ("select" in box.dataset) selectPassage(wave, regions, audio, duration);
    box.dataset.ready = "1";
    const move = (by) => {
      audio.currentTime = Math.min(duration, Math.max(0, audio.currentTime + by));
    };
    return { toggle, move };
  };

  // An answer can be confirmed once the whole clip was played and a choice is selected. The server keeps both times.
  const answers = document.querySelector("[data-answers]");
  const updateConfirm = () => {
    const played = answers.dataset.played === "yes";
    answers.querySelector("[data-confirm]").disabled =
      !played || !answers.querySelector("[name=choice]:checked");
    answers.querySelector("[data-not-played]").hidden = played;
  };
  const reportPlayback = (event) =>
    studio.post(answers.dataset.playback, () => {
      const body = new FormData();
      body.set("event", event);
      return body;
    });
  const playedSeconds = ({ played }) => {
    let seconds = 0;
    for (let i = 0; i < played.length; i += 1) seconds += played.end(i) - played.start(i);
    return seconds;
  };
  const requireListening = (audio, duration) => {
    if (!answers || answers.dataset.played === "yes") return;
    let reporting = false;
    const check = async () => {
      if (reporting || playedSeconds(audio) < duration - Math.max(0.3, 0.05 * duration)) return;
      reporting = true;
      const response = await reportPlayback("end").catch(() => null);
      if (response?.ok) answers.dataset.played = "yes";
      reporting = false;
      updateConfirm();
    };
    audio.addEventListener("play", () => reportPlayback("start").catch(() => {}), { once: true });
    audio.addEventListener("timeupdate", check);
    audio.addEventListener("ended", check);
  };
  if (answers) {
    answers.addEventListener("change", updateConfirm);
    updateConfirm();
  }

  // The passage that a rejection is about: dragged in the waveform, typed, or taken from the current position.
  const selectPassage = (wave, regions, audio, duration) => {
    const from = document.querySelector("[data-from]");
    const to = document.querySelector("[data-to]");
    let restoring = false;
    const changed = () => from.dispatchEvent(new Event("input", { bubbles: true }));
    const write = (region) => {
      from.value = region.start.toFixed(2);
      to.value = region.end.toFixed(2);
      document.querySelector("[data-reject]").open = true;
      changed();
    };
    regions.enableDragSelection({ color: MARK });
    regions.on("region-created", (region) => {
      if (restoring) return;
      regions.getRegions().forEach((other) => {
        if (other !== region) other.remove();
      });
      write(region);
    });
    regions.on("region-updated", write);
    const show = () => {
      const [start, end] = [from.value === "" ? NaN : Number(from.value), Number(to.value)];
      const region = regions.getRegions()[0];
      if (!(start < end && end <= duration + 0.01)) region?.remove();
      else if (region) region.setOptions({ start, end });
      else {
        restoring = true;
        regions.addRegion({ start, end, color: MARK });
        restoring = false;
      }
    };
    [from, to].forEach((field) => field.addEventListener("change", show));
    document.querySelectorAll("[data-set-time]").forEach((button) =>
      button.addEventListener("click", () => {
        document.getElementById(button.dataset.setTime).value = audio.currentTime.toFixed(2);
        show();
        changed();
      }),
    );
    if (wave.getDuration()) show();
    else wave.once("ready", show);
  };

  const players = Promise.all(
    [...document.querySelectorAll("[data-player]")].map((box) =>
      openPlayer(box).catch(() => studio.notify("The clip cannot be loaded. Reload the page to try again.")),
    ),
  );

  // Single letters and digits can be switched off in this browser, for dictation and one-handed typing.
  const setting = document.querySelector("[data-shortcuts]");
  const shortcutsOn = () => {
    try {
      return localStorage.getItem("mmar-keys") !== "off";
    } catch {
      return true;
    }
  };
  const showShortcuts = () => document.body.classList.toggle("no-keys", !shortcutsOn());
  if (setting) {
    const box = setting.querySelector("input");
    setting.hidden = false;
    box.checked = shortcutsOn();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem("mmar-keys", box.checked ? "on" : "off");
      } catch {
        studio.notify("This browser does not store settings.");
      }
      showShortcuts();
    });
    showShortcuts();
  }

  const selectAnswer = (digit) => {
    const choice = answers?.querySelector(`[name=choice][value="${digit - 1}"]`);
    if (!choice) return;
    choice.checked = true;
    choice.focus();
    updateConfirm();
  };
  const openRejection = () => {
    const box = document.querySelector("[data-reject]");
    if (!box) return;
    box.open = true;
    box.querySelector("select").focus();
  };
  document.addEventListener("keydown", async (event) => {
    const typing = event.target.closest("input:not([type=radio]), textarea, select, summary, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const onRadio = event.target.matches("[type=radio]");
    if (onRadio && (event.key.startsWith("Arrow") || (event.key === " " && !event.target.checked))) return;
    const onButton = event.target.closest("button, a");
    if (event.key === " " && !onButton) event.preventDefault();
    if (event.key === "r" && shortcutsOn()) event.preventDefault();
    const player = (await players)[0];
    if (event.key === " " && !onButton) player?.toggle();
    else if (event.key === "ArrowLeft") player?.move(-2);
    else if (event.key === "ArrowRight") player?.move(2);
    else if (!shortcutsOn()) return;
    else if (/^[0-9]$/.test(event.key)) selectAnswer(Number(event.key));
    else if (event.key === "a") document.querySelector("[data-approve] button")?.click();
    else if (event.key === "r") openRejection();
  });
})();
