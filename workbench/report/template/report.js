"use strict";
// Filters each list of cards, and prints with every part unfolded. Without it the page shows everything.
for (const form of document.querySelectorAll("form.filter[data-for]")) {
  const cards = [...document.querySelectorAll(`#${form.dataset.for}-cards > .card`)];
  const words = new Map(cards.map((card) => [card, card.textContent.toLowerCase()]));
  const apply = () => {
    const { label, kind, words: sought } = form.elements;
    const text = sought.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards) {
      const fits = (!label.value || card.dataset.labels.split(" ").includes(label.value))
        && (!kind.value || card.dataset.kind === kind.value)
        && (!text || words.get(card).includes(text));
      card.hidden = !fits;
      shown += fits;
    }
    form.querySelector("output").textContent = `${shown} of ${cards.length} shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
