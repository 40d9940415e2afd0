// What every page needs: the token on requests, words when something fails, keys of forms.
"use strict";
(() => {
  const toast = document.getElementById("toast");
  let timer;
  // On a narrow screen the stages scroll sideways: show the one that is open.
  const stage = document.querySelector(".stages [aria-current]");
  if (stage) stage.parentElement.scrollLeft = stage.offsetLeft - (stage.parentElement.clientWidth - stage.offsetWidth) / 2;
  window.say = (text) => {
    toast.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.textContent = ""; }, 7000);
  };
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = document.body.dataset.csrf;
  });
  document.addEventListener("htmx:responseError", (event) => window.say(event.detail.xhr.responseText.slice(0, 400)));
  document.addEventListener("htmx:sendError", () => window.say("The server cannot be reached. What you typed stays here."));
  // What was unfolded stays so when its part of the page comes anew.
  let unfolded = [];
  document.addEventListener("htmx:beforeSwap", (event) => { unfolded = [...event.detail.target.querySelectorAll("details[id][open]")].map((one) => one.id); });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.requestConfig.elt.closest("details")) return; // it did what it was unfolded for
    unfolded.forEach((id) => { const one = document.getElementById(id); if (one) one.open = true; });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.target.matches("form[data-reset]")) event.target.reset();
  });
  // Whoever asked for more cards by key goes on at the first of them, not at the top of the page.
  let cards = null;
  document.addEventListener("htmx:beforeSwap", (event) => { cards = event.detail.target.matches(".further") ? document.querySelectorAll(".idea").length : null; });
  document.addEventListener("htmx:afterSettle", () => { if (cards !== null) document.querySelectorAll(".idea")[cards]?.querySelector("button")?.focus({ preventScroll: true }); cards = null; });
  // A time is told by one's own clock; what it is in UTC, as programs and other people have it, is said when one points at it.
  const tellTimes = (part) => part.querySelectorAll("time[data-local]:not([title])").forEach((one) => {
    const at = new Date(one.dateTime), form = one.dataset.local;
    const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(form === "second" && { second: "2-digit" }) });
    one.title = one.textContent;
    one.textContent = form === "day" ? `${String(at.getDate()).padStart(2, "0")} ${at.toLocaleDateString("en-US", { month: "short" })} ${at.getFullYear()}, ${clock}` : clock;
  });
  tellTimes(document);
  document.addEventListener("htmx:load", (event) => tellTimes(event.detail.elt.parentElement || document));
  document.querySelectorAll("[data-all]").forEach((box) => box.addEventListener("change", () => {
    box.closest("form").querySelectorAll("input[name=item]").forEach((one) => { one.checked = box.checked; });
  }));
  // What is done with ticked items stands below a long list: a line says how many are ticked, and leads there.
  document.querySelectorAll("[data-ticked]").forEach((line) => {
    const form = line.closest("form");
    const count = () => {
      const n = form.querySelectorAll("input[name=item]:checked").length;
      line.classList.toggle("hidden", !n);
      line.querySelector("[data-ticked-n]").textContent = `${n} ticked`;
    };
    form.addEventListener("change", count);
    count();
  });
  document.querySelectorAll("form[data-guard]").forEach((form) => {
    let changed = false;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  });
})();
