// The tree's editor: rows come and go; a removed place with items asks where they should go.
"use strict";
(() => {
  const form = document.getElementById("tree"), template = document.getElementById("sub-template");
  if (!form) return;
  const number = () => form.querySelectorAll("[data-layer]").forEach((box, at) => box.querySelectorAll("[data-sub] select").forEach((select) => { if (!select.dataset.touched) select.value = String(at); }));
  const addSub = (box) => {
    const row = template.content.firstElementChild.cloneNode(true);
    box.querySelector("[data-subs]").append(row);
    const select = row.querySelector("select");
    const at = [...form.querySelectorAll("[data-layer]")].indexOf(box);
    if (!select.querySelector(`option[value="${at}"]`)) { const option = new Option("this layer", String(at)); select.append(option); }
    select.value = String(at);
    row.querySelector("input").focus();
  };
  form.addEventListener("change", (event) => { if (event.target.matches("[name=sub_layer]")) event.target.dataset.touched = "1"; });
  form.addEventListener("click", (event) => {
    if (event.target.matches("[data-add-sub]")) addSub(event.target.closest("[data-layer]"));
    else if (event.target.matches("[data-add-layer]")) {
      const box = form.querySelector("[data-layer]").cloneNode(true);
      box.querySelectorAll("[data-sub]").forEach((row) => row.remove());
      box.querySelectorAll("input").forEach((input) => { input.value = ""; });
      [...form.querySelectorAll("[data-layer]")].pop().after(box);
      box.querySelector(".name").focus();
    } else if (event.target.matches("[data-remove]")) {
      const row = event.target.closest("[data-sub]");
      const { was, n } = row.dataset;
      if (!Number(n)) { row.remove(); return; }
      const asked = document.createElement("div");
      asked.className = "sub-row";
      const words = document.createElement("span");
      words.className = "muted small";
      words.textContent = `${was.split("|")[1]}: its ${n} items go to`;
      const gone = document.createElement("input");
      gone.type = "hidden"; gone.name = "gone"; gone.value = was;
      const target = document.createElement("select");
      target.name = "gone_to";
      form.querySelectorAll("[data-sub]").forEach((other) => {
        if (other === row) return;
        const layer = form.querySelectorAll("[data-layer] .name")[Number(other.querySelector("select").value)].value;
        const sub = other.querySelector("[name=sub]").value;
        if (sub) target.append(new Option(`${layer} / ${sub}`, `${layer}|${sub}`));
      });
      asked.append(words, target, gone);
      row.replaceWith(asked);
    }
  });
  number();
})();
