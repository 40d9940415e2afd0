// The tree's editor: rows come, go and move; what is removed while it holds items asks where they should go.
"use strict";
(() => {
  const form = document.getElementById("tree"), template = document.getElementById("sub-template");
  if (!form) return;
  const boxes = () => [...form.querySelectorAll("[data-layer]")];
  const nameOf = (box) => box.querySelector("[name=layer]").value;
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  // A row says its layer by the layer's place in the form, so the places are told anew whenever layers change.
  const layerOf = new Map();
  const tell = () => {
    form.querySelectorAll("[data-sub] select").forEach((select) => {
      const mine = layerOf.get(select) ?? select.closest("[data-layer]");
      select.replaceChildren(...boxes().map((box, at) => new Option(nameOf(box) || "new layer", String(at), false, box === mine)));
    });
    boxes().forEach((box) => box.setAttribute("aria-label", nameOf(box) || "New layer"));
  };
  // Where items can go: every place of the tree as it stands in the form now.
  const places = () => boxes().flatMap((box, at) => [
    [nameOf(box), ""],
    ...[...form.querySelectorAll("[data-sub]")].filter((row) => row.querySelector("select").value === String(at)).map((row) => [nameOf(box), row.querySelector("[name=sub]").value]),
  ]).filter(([layer]) => layer);
  const offer = () => form.querySelectorAll("[name=gone_to]").forEach((select) => {
    const kept = select.value;
    select.replaceChildren(new Option("choose where", ""), ...places().map(([layer, sub]) => new Option(sub ? `${layer} / ${sub}` : `${layer}, no sub-category`, `${layer}|${sub}`)));
    select.value = kept;
    if (select.selectedIndex < 0) select.value = "";
  });
  const moving = (was, n) => {
    const asked = document.createElement("label"), words = document.createElement("span");
    asked.className = "note warn line";
    const [layer, sub] = was.split("|");
    words.textContent = `${sub ? `${layer} / ${sub}` : layer} is removed. ${Number(n) === 1 ? "Its item goes to" : `Its ${n} items go to`}`;
    const gone = document.createElement("input"), target = document.createElement("select");
    gone.type = "hidden"; gone.name = "gone"; gone.value = was;
    target.name = "gone_to"; target.required = true;
    asked.append(words, target, gone);
    form.querySelector("[data-moving]").append(asked);
    return target;
  };
  const drop = (row) => {
    const { was, n } = row.dataset;
    layerOf.delete(row.querySelector("select"));
    row.remove();
    return Number(n) ? moving(was, n) : null;
  };
  const addSub = (box, name = "") => {
    const row = template.content.firstElementChild.cloneNode(true);
    box.querySelector("[data-subs]").append(row);
    row.querySelector("[name=sub]").value = name;
    tell();
    row.querySelector("input").focus();
  };
  const addLayer = (name = "") => {
    const box = boxes()[0].cloneNode(true);
    box.dataset.was = ""; box.dataset.n = "0";
    box.querySelectorAll("[data-sub]").forEach((row) => row.remove());
    box.querySelectorAll("input").forEach((input) => { input.value = ""; });
    box.querySelector("[name=layer]").value = name;
    boxes().pop().after(box);
    tell();
    box.querySelector(".name").focus();
    return box;
  };
  const removeLayer = (box) => {
    if (boxes().length === 1) { window.say("A tree needs at least one layer."); return; }
    const { was, n } = box.dataset;
    form.querySelectorAll("[data-sub]").forEach((row) => {
      const select = row.querySelector("select");
      if ((layerOf.get(select) ?? row.closest("[data-layer]")) === box) drop(row);
      else if (box.contains(row)) { const other = layerOf.get(select); other.querySelector("[data-subs]").append(row); }
    });
    box.remove();
    if (Number(n)) moving(`${was}|`, n);
    tell();
  };
  form.addEventListener("change", (event) => {
    if (event.target.matches("[name=sub_layer]")) layerOf.set(event.target, boxes()[Number(event.target.value)]);
    else if (event.target.matches("[name=layer]")) tell();
    if (!event.target.matches("[name=gone_to]")) offer();
  });
  form.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    if (!target) return;
    const row = target.closest("[data-sub]"), box = target.closest("[data-layer]");
    if (target.matches("[data-add-sub]")) addSub(box);
    else if (target.matches("[data-add-layer]")) addLayer();
    else if (target.matches("[data-remove-layer]")) removeLayer(box);
    else if (target.matches("[data-up-layer]")) { const above = boxes()[boxes().indexOf(box) - 1]; above?.before(box); tell(); target.focus(); }
    else if (target.matches("[data-up]")) { row.previousElementSibling?.before(row); target.focus(); }
    else if (target.matches("[data-remove]")) {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      const asked = drop(row);
      offer();
      (asked ?? next?.querySelector("[name=sub]"))?.focus();
      asked?.closest("label").scrollIntoView({ block: "center" });
    } else return;
    offer();
    changed();
  });
  // A place that ideas were given and the tree does not have yet.
  document.getElementById("strangers")?.addEventListener("click", (event) => {
    const target = event.target.closest("[data-add-place]");
    if (!target) return;
    const [layer, sub] = target.dataset.addPlace.split(" / ");
    const box = boxes().find((one) => nameOf(one) === layer) ?? addLayer(layer);
    if (sub) addSub(box, sub);
    target.closest("p").remove();
    changed();
    window.say(`Added ${target.dataset.addPlace}. Say why at the bottom and save the version.`);
  });
  tell();
})();
